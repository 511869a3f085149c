#pragma once
// Ends a running cluster from outside.

#include <chrono>

#include "protocol/cluster_directory.hpp"

namespace muster::launcher {

enum class StopResult {
  stopped,      ///< every process of it has ended
  not_running,  ///< there was none; files of a killed one are removed
  survived,     ///< some process is still there after SIGKILL
};

/// Asks the launcher with SIGTERM, waits `patience`, then kills what remains and waits five seconds
/// more. Throws std::runtime_error when the cluster's directory isn't to be trusted.
StopResult stop_cluster(const wire::ClusterDirectory& directory,
                        std::chrono::milliseconds patience);

}  // namespace muster::launcher
