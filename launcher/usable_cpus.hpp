#pragma once
// How many engines a cluster gets unless somebody says, and where they may run.

#include <algorithm>
#include <vector>

#include <sched.h>

namespace muster::launcher {

/// The CPUs that this process may use, by their numbers.
inline std::vector<int> usable_cpu_ids() {
  cpu_set_t cpus;
  std::vector<int> ids;
  if (::sched_getaffinity(0, sizeof cpus, &cpus) != 0) return ids;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &cpus)) ids.push_back(cpu);
  }
  return ids;
}

/// How many they are.
inline int usable_cpus() {
  return std::max(1, static_cast<int>(usable_cpu_ids().size()));
}

}  // namespace muster::launcher
