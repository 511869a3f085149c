#pragma once
// How far a map has come.

#include <cstddef>
#include <optional>

namespace muster {

/// A snapshot, in items.
struct Progress {
  std::size_t done = 0;  ///< have ended, in whichever way
  /// All; nothing while the input hasn't ended and has no size (all of its ranges must have one).
  std::optional<std::size_t> total{};
  std::size_t submitted = 0;  ///< have been read from the input, done ones among them
};

}  // namespace muster
