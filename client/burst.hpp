#pragma once
// Tells a program that submits tasks by the hundred from one that submits one now and then.

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace muster::client {

/// Counts submissions in stretches of a millisecond. Takes the time, has no clock.
class Burst {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::milliseconds stretch{1};

  void count(Instant now) {
    roll(now);
    ++present_;
  }
  /// So many came within this stretch, or the one before, that each costs more to announce than to
  /// send.
  bool lasts(Instant now) {
    roll(now);
    return std::max(present_, previous_) > many;
  }

 private:
  static constexpr std::size_t many = 16;

  void roll(Instant now) {
    if (now - begin_ < stretch) return;
    previous_ = now - begin_ < 2 * stretch ? present_ : 0;
    present_ = 0;
    begin_ = now;
  }

  Instant begin_{};
  std::size_t present_ = 0;
  std::size_t previous_ = 0;
};

}  // namespace muster::client
