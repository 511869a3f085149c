#pragma once
// How far a map, or a task, has come.

#include <algorithm>
#include <cstddef>
#include <optional>

namespace muster {

/// A snapshot, in items.
struct Progress {
  std::size_t done = 0;  ///< have ended, in whichever way
  /// All; nothing while the input hasn't ended and has no size (all of its ranges must have one).
  std::optional<std::size_t> total{};
  std::size_t submitted = 0;  ///< have been read from the input, done ones among them
  /// What those that run have done of theirs, as they say by Context::progress, added up. Not of
  /// items of a load-balanced map.
  double running = 0;

  /// Between 0 and 1, what runs included; nothing while `total` isn't known.
  std::optional<double> fraction() const {
    if (!total) return std::nullopt;
    if (*total == 0) return 1.0;
    return std::min(1.0, (static_cast<double>(done) + running) / static_cast<double>(*total));
  }
};

}  // namespace muster
