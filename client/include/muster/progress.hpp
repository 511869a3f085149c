#pragma once
// How far a map, or a task, has come, and who is told.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace muster {

/// A snapshot, in items.
struct Progress {
  std::size_t done = 0;  ///< have ended, in whichever way
  /// All; nothing while the input hasn't ended and has no size (all of its ranges must have one).
  std::optional<std::size_t> total{};
  std::size_t submitted = 0;  ///< have been read from the input, done ones among them
  /// What those that run have done of theirs, as they say by Context::progress, added up.
  double running = 0;
  std::size_t failed = 0;   ///< of those done: without a value. Of a map only
  std::size_t engines = 0;  ///< that the cluster has now; 0: not known. Of a map only

  /// Between 0 and 1, what runs included; nothing while `total` isn't known.
  std::optional<double> fraction() const {
    if (!total) return std::nullopt;
    if (*total == 0) return 1.0;
    return std::min(1.0, (static_cast<double>(done) + running) / static_cast<double>(*total));
  }
};

/// How progress is shown, by the thread that waits, about ten times in a second.
struct ProgressOptions {
  std::string title{};  ///< in front of the bar: "frames"
  /// The bar's line, counted down from where the cursor is; negative: the first that no other bar
  /// has, so that bars of several threads, or one inside of another's loop, don't meet.
  int position = -1;
  /// Called in place of the bar, the last time when all has ended, or when the map is dropped
  /// before, as by a failure. What it throws is thrown where somebody waits, if anybody does.
  std::function<void(const Progress& progress, std::chrono::nanoseconds elapsed)> sink{};
};

}  // namespace muster
