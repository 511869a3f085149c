#pragma once
// Which ports processes listen on, as the kernel sees it.

#include <set>
#include <vector>

#include <sys/types.h>

namespace muster::test {

/// The TCP ports on which any of these processes listens.
std::set<unsigned> listening_ports(const std::vector<pid_t>& processes);

}  // namespace muster::test
