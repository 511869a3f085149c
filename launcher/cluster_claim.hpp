#pragma once
// How a launcher makes a cluster's name its own.

#include <stdexcept>

#include "launcher/cluster_lock.hpp"
#include "protocol/cluster_directory.hpp"

namespace muster::launcher {

/// A cluster of that name holds its lock already.
class AlreadyRunning : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The cluster's directory, made. Throws std::invalid_argument for the name, std::runtime_error.
wire::ClusterDirectory made_directory(const wire::ClusterName& name);

/// Its lock. Throws AlreadyRunning, which names who holds it and what to do.
ClusterLock claim(const wire::ClusterDirectory& directory);

}  // namespace muster::launcher
