#pragma once
// The file by which others know of a cluster's jobs: `muster status` shows it, and whoever comes
// after a launcher that was killed deletes what that has left with the batch system.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "launcher/batch_job.hpp"
#include "protocol/cluster_directory.hpp"
#include "protocol/identity.hpp"

namespace muster::launcher {

/// Of what a cluster has submitted; stays when its launcher is killed.
std::filesystem::path jobs_file(const wire::ClusterDirectory& directory);

/// As text in JSON: {"cluster", "system", "job", "blocks": [{"job", "state", "engines", "host",
/// "reason"}]}.
std::string job_file_text(const wire::Uuid& cluster, const BatchSystem& system, const BatchJob& job,
                          int block_engines);

/// What the file of this cluster says, as text in JSON; empty when it has none. Never throws.
std::string jobs_text(const wire::ClusterDirectory& directory, const wire::Uuid& cluster);

/// The job that a cluster of this directory has left; nullopt when there is none. Never throws.
struct LeftJob {
  const BatchSystem* system = nullptr;
  std::string id;
};
std::optional<LeftJob> left_job(const wire::ClusterDirectory& directory);

/// Deletes it, and forgets it. Returns what went wrong, for people; empty when nothing did.
/// Requires that the caller holds the cluster's lock.
std::string remove_left_job(const wire::ClusterDirectory& directory);

}  // namespace muster::launcher
