#pragma once
// When something has happened, for people to read.

#include <chrono>

namespace muster::client {

/// Steady times as the wall clock would have shown them, all by one look at both clocks.
class WallClock {
 public:
  std::chrono::system_clock::time_point operator()(
      std::chrono::steady_clock::time_point time) const {
    if (time == std::chrono::steady_clock::time_point{}) return {};
    return system_ -
           std::chrono::duration_cast<std::chrono::system_clock::duration>(steady_ - time);
  }

 private:
  const std::chrono::steady_clock::time_point steady_ = std::chrono::steady_clock::now();
  const std::chrono::system_clock::time_point system_ = std::chrono::system_clock::now();
};

}  // namespace muster::client
