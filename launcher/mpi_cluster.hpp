#pragma once
// The cluster that the ranks of an MPI job join. Rank 0 looks for it, the others are told: they may
// be on hosts that don't see its files.

#include <chrono>
#include <optional>
#include <string>

#include "protocol/cluster_directory.hpp"
#include "protocol/connection_file.hpp"
#include "protocol/way.hpp"

namespace muster::launcher {

/// A running cluster: that of this name, else what a Client of this environment means. Its file is
/// a node's where there is one. Waits for it to start. Throws std::runtime_error that says what to
/// do.
wire::ConnectionFile find_mpi_cluster(const std::optional<wire::ClusterName>& name,
                                      std::chrono::seconds wait);

/// How a rank on this host gets there. Throws std::runtime_error when it can't.
wire::Way way_of_rank(const wire::ConnectionFile& cluster);

}  // namespace muster::launcher
