#pragma once
// Tasks per second over a stretch of time, printed the same way by the floor and by ours.

#include <chrono>
#include <cstdint>
#include <cstdio>

namespace muster::bench {

/// How many tasks a client keeps outstanding, here and there.
inline constexpr std::size_t window = 1024;
/// What a task carries.
inline constexpr std::size_t body_bytes = 64;

/// Counts after a start that isn't measured: pipes fill, caches and CPU clocks warm up.
class Rate {
 public:
  explicit Rate(double seconds)
      : begin_(Clock::now() + std::chrono::milliseconds(300)),
        end_(begin_ +
             std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds))) {}

  /// Tells how many tasks have ended so far; to be called often, but not for each task. False when
  /// the time is up.
  bool goes_on(std::uint64_t ended) {
    const Clock::time_point now = Clock::now();
    if (!begun_ && now >= begin_) {
      begun_ = true;
      begin_ = now;
      first_ = ended;
    }
    if (now < end_) return true;
    tasks_per_s_ =
        static_cast<double>(ended - first_) / std::chrono::duration<double>(now - begin_).count();
    return false;
  }

  void print() const { std::printf("{\"tasks_per_s\": %.0f}\n", tasks_per_s_); }

 private:
  using Clock = std::chrono::steady_clock;

  Clock::time_point begin_;
  Clock::time_point end_;
  bool begun_ = false;
  std::uint64_t first_ = 0;
  double tasks_per_s_ = 0;
};

}  // namespace muster::bench
