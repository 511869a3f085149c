#pragma once
// How many engines a cluster gets unless somebody says.

#include <algorithm>

#include <sched.h>

namespace muster::launcher {

/// The CPUs that this process may use.
inline int usable_cpus() {
  cpu_set_t cpus;
  if (::sched_getaffinity(0, sizeof cpus, &cpus) != 0) return 1;
  return std::max(1, CPU_COUNT(&cpus));
}

}  // namespace muster::launcher
