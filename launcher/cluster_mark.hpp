#pragma once
// The mark that every process of a cluster inherits in its environment, and so what tasks have
// started: by it they are found when those who knew them are gone.

#include <vector>

#include "protocol/descriptor.hpp"
#include "protocol/identity.hpp"

namespace muster::launcher {

/// pidfds of the living processes with the mark of this cluster, but for the one that asks: `stop`
/// may be called by a task.
std::vector<wire::Descriptor> marked_processes(const wire::Uuid& cluster);

}  // namespace muster::launcher
