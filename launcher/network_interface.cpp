#include "launcher/network_interface.hpp"

#include <memory>
#include <utility>

#include <ifaddrs.h>
#include <net/if.h>
#include <sys/socket.h>

#include "launcher/numeric_address.hpp"

namespace muster::launcher {

std::vector<NetworkInterface> network_interfaces() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, ::freeifaddrs);
  std::vector<NetworkInterface> found;
  for (const int family : {AF_INET, AF_INET6}) {
    for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
      if (entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != family) continue;
      if ((entry->ifa_flags & IFF_UP) == 0) continue;
      std::string address = numeric_address(*entry->ifa_addr);
      if (address.starts_with("fe80:")) continue;
      found.push_back(
          {entry->ifa_name, std::move(address), (entry->ifa_flags & IFF_LOOPBACK) != 0});
    }
  }
  return found;
}

}  // namespace muster::launcher
