#pragma once
// What `muster doctor` looks at on this host: all that a cluster here needs, and what it would need
// for other hosts.

#include <vector>

#include "launcher/finding.hpp"

namespace muster::launcher {

/// In the order in which they are shown. Leaves nothing behind but the directories that any start
/// would make, too. Never throws for what it finds.
std::vector<Finding> findings_here();

}  // namespace muster::launcher
