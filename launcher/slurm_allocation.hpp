#pragma once
// The hosts of the Slurm job that this process is in.

#include <functional>
#include <string>
#include <vector>

#include "launcher/host_list.hpp"

namespace muster::launcher {

/// A process of a job: it runs in an allocation.
bool in_slurm_job();

/// One entry for each host of the job, with as many engines as the job has tasks there, or CPUs if
/// it didn't ask for tasks. Throws std::runtime_error outside of a job, or when Slurm doesn't say.
std::vector<RemoteHost> slurm_hosts();

/// How many tasks the job has on this host, in a step that has one task on each. Throws
/// std::runtime_error.
int slurm_tasks_here();

/// "4(x2),1" for three hosts: 4, 4, 1. Throws std::runtime_error for anything else.
std::vector<int> slurm_counts(const std::string& text, std::size_t hosts);

}  // namespace muster::launcher
