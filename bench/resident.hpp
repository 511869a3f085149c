#pragma once
// The memory that a process has in use.

#include <fstream>
#include <stdexcept>
#include <string>

#include <sys/types.h>
#include <unistd.h>

namespace muster::bench {

/// Pages in memory, shared ones included. Throws std::runtime_error when there is no such process.
inline double resident_bytes(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  double size = 0, resident = 0;
  if (!(file >> size >> resident)) throw std::runtime_error("a process has ended");
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace muster::bench
