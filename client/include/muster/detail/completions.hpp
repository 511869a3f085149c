#pragma once
// The tasks of some that have settled, in the order in which they did. It knows nothing of what
// they returned.

#include <chrono>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace muster::detail {

/// A queue with two ends: the connection puts in, the thread that uses the map takes out. Any
/// member may be called from any thread. What the map leaves behind is counted on, and goes with
/// the last of its tasks.
class Completions {
 public:
  struct Completion {
    std::size_t index = 0;  ///< of the item
    std::size_t bytes = 0;  ///< of the body that is kept for it
  };

  /// Of all that were ever put in.
  struct Summary {
    std::size_t settled = 0;
    std::chrono::nanoseconds run{};  ///< on engines, added up
    std::chrono::steady_clock::time_point last_received{};
  };

  void put(Completion completion, std::chrono::nanoseconds run,
           std::chrono::steady_clock::time_point received) {
    const std::scoped_lock lock(mutex_);
    queue_.push_back(completion);
    ++summary_.settled;
    summary_.run += run;
    // What never ran says nothing of what the others take.
    if (run.count() > 0) {
      typical_run_ = typical_run_.count() == 0 ? run : typical_run_ + (run - typical_run_) / 16;
    }
    if (received > summary_.last_received) summary_.last_received = received;
  }

  /// Gives what came since the last call, in its order. `into` is emptied first; its memory is used
  /// for what comes next.
  void take(std::vector<Completion>& into) {
    into.clear();
    const std::scoped_lock lock(mutex_);
    std::swap(into, queue_);
  }

  bool empty() const {
    const std::scoped_lock lock(mutex_);
    return queue_.empty();
  }

  /// The smoothed time that one of them takes on its engine; zero before the first.
  std::chrono::nanoseconds typical_run() const {
    const std::scoped_lock lock(mutex_);
    return typical_run_;
  }

  Summary summary() const {
    const std::scoped_lock lock(mutex_);
    return summary_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Completion> queue_;
  Summary summary_;
  std::chrono::nanoseconds typical_run_{};
};

}  // namespace muster::detail
