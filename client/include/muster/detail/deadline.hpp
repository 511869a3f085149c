#pragma once
// From a user's patience to a point of the monotonic clock.

#include <chrono>

namespace muster::detail {

/// Now plus `patience`; the end of time when that lies beyond it, so that "as long as it takes" may
/// be said with any duration's max().
template <class Count, class Period>
std::chrono::steady_clock::time_point deadline_after(
    std::chrono::duration<Count, Period> patience) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point now = Clock::now();
  // Compared as floating seconds, where nothing overflows.
  using Seconds = std::chrono::duration<double>;
  if (Seconds(patience) >= Seconds(Clock::time_point::max() - now)) return Clock::time_point::max();
  if (Seconds(patience) <= Seconds::zero()) return now;
  return now + std::chrono::ceil<Clock::duration>(patience);
}

/// For an error's text: what can't be counted in nanoseconds is the most that can.
template <class Count, class Period>
std::chrono::nanoseconds in_nanoseconds(std::chrono::duration<Count, Period> patience) {
  using Seconds = std::chrono::duration<double>;
  if (Seconds(patience) >= Seconds(std::chrono::nanoseconds::max()))
    return std::chrono::nanoseconds::max();
  if (Seconds(patience) <= Seconds::zero()) return std::chrono::nanoseconds::zero();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(patience);
}

}  // namespace muster::detail
