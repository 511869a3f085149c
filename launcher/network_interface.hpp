#pragma once
// The addresses of this host.

#include <string>
#include <vector>

namespace muster::launcher {

struct NetworkInterface {
  std::string name;     ///< "eth0"
  std::string address;  ///< numeric
  bool loopback = false;
};

/// Those that are up, IPv4 first; link-local addresses mean nothing to other hosts without more.
std::vector<NetworkInterface> network_interfaces();

}  // namespace muster::launcher
