#pragma once
// The process that runs a task, as the task sees it.

#include <chrono>
#include <cstdint>
#include <string>

namespace muster {

/// As multiprocessing's current_process().
struct CurrentProcess {
  std::string name;     ///< "engine-3", or of the second process that fills it "engine-3.2"
  int id = 0;           ///< the engine's: of a Pool or a Cluster 0, 1, ... It outlives the process
  int incarnation = 1;  ///< the how-manieth process of this program it is that fills the engine
  std::int64_t pid = 0;
  std::chrono::nanoseconds start_up{};  ///< from its start until it could take tasks
  std::chrono::nanoseconds init{};      ///< what initializers have taken in it
  std::chrono::nanoseconds age{};       ///< since its start
};

}  // namespace muster
