#pragma once
// The limit of open files.

#include <sys/resource.h>

namespace muster::launcher {

/// As many as the administrator allows: every peer and every engine needs some. Best effort; who
/// runs into the lower limit says so then.
inline void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace muster::launcher
