#pragma once
// The hosts that `muster start --hosts` names.

#include <string>
#include <vector>

namespace muster::launcher {

/// One entry: a node of its own, also when two are the same machine.
struct RemoteHost {
  std::string destination;  ///< as its launcher knows it: "b", "user@b"
  int port = 0;             ///< 0: the launcher's own
  int engines = 0;          ///< 0: one for each CPU that it may use there
  std::string label{};      ///< for people; no two are equal
  std::string setup{};      ///< what its shell does before muster starts there
};

/// Of "a:4,user@b:2222:8,c": HOST, HOST:ENGINES or HOST:PORT:ENGINES, an address of IPv6 in
/// brackets. Throws std::invalid_argument, which says what is wrong with which entry.
std::vector<RemoteHost> parse_hosts(const std::string& list);

/// What an entry may be called: one word that is no option.
bool is_host_name(const std::string& name);
/// Gives each its label.
void label_hosts(std::vector<RemoteHost>& hosts);

}  // namespace muster::launcher
