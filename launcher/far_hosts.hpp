#pragma once
// `muster doctor` on other hosts, all at once.

#include <string>
#include <vector>

#include "launcher/finding.hpp"
#include "launcher/host_command.hpp"
#include "launcher/host_list.hpp"

namespace muster::launcher {

struct HostFindings {
  std::string host;
  std::vector<Finding> findings;
};

/// In the order of the hosts. Each gets a minute. `addresses` are those of this host by which they
/// may reach it: whether they do is tried at a port that is open meanwhile. Throws
/// std::system_error.
std::vector<HostFindings> findings_at(const std::vector<RemoteHost>& hosts,
                                      const HostCommand& command,
                                      const std::vector<std::string>& addresses);

}  // namespace muster::launcher
