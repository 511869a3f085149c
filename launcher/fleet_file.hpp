#pragma once
// What a controller's successor should know of the fleet, on disk: fleet.json in the cluster's
// directory.

#include <optional>

#include "controller/recovery.hpp"
#include "protocol/cluster_directory.hpp"
#include "protocol/identity.hpp"

namespace muster::launcher {

/// nullopt when there is none, or that of another cluster: then a successor only waits its time.
std::optional<controller::KnownFleet> read_fleet(const wire::ClusterDirectory& directory,
                                                 const wire::Uuid& cluster);
/// Throws std::runtime_error.
void write_fleet(const wire::ClusterDirectory& directory, const wire::Uuid& cluster,
                 const controller::KnownFleet& fleet);

}  // namespace muster::launcher
