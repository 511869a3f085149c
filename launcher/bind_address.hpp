#pragma once
// What `muster start --bind` names: where a cluster listens for other hosts.

#include <cstdint>
#include <string>
#include <vector>

namespace muster::launcher {

struct BindAddress {
  std::string address;               ///< numeric
  std::string published;             ///< the address for other hosts; differs for "every address"
  std::vector<std::uint16_t> ports;  ///< empty: any three
};

/// Of an IP address, the name of an interface or of this host, each with :PORT or not, and a range
/// "A-B" or nothing. A port stands for it and the two behind it. Throws std::invalid_argument whose
/// text names what this host has.
BindAddress parse_bind_address(const std::string& text, const std::string& port_range);

}  // namespace muster::launcher
