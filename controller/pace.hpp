#pragma once
// How much work to keep with an engine: enough that it never idles for a round trip, and no more,
// because what one engine holds another can't start. Work is counted in time, by what tasks of the
// same code took before. Pure arithmetic; the scheduler asks.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "controller/task.hpp"

namespace muster::controller {

using Nanoseconds = std::int64_t;

/// The smoothed run time of each code's tasks.
class Estimates {
 public:
  /// What a task of a code that has never ended is taken for. Too long costs an engine that idles
  /// once; too short would pile up work that then has to be recalled.
  static constexpr Nanoseconds unknown = 1'000'000;
  /// However short, a task costs its engine this much to begin and to end.
  static constexpr Nanoseconds least = 50;

  Nanoseconds of(CodeRef code) const {
    return knows(code) ? std::max(least, by_code_[code]) : unknown;
  }
  bool knows(CodeRef code) const { return code < by_code_.size() && by_code_[code] >= 0; }
  /// `count` tasks have taken `run` each.
  void learn(CodeRef code, Nanoseconds run, std::uint32_t count = 1) {
    if (code >= by_code_.size()) by_code_.resize(code + std::size_t{1}, never);
    Nanoseconds& smoothed = by_code_[code];
    run = std::clamp<Nanoseconds>(run, 0, longest);
    smoothed = smoothed < 0 ? run : smoothed + (run - smoothed) * std::min(count, 8u) / 16;
  }

 private:
  static constexpr Nanoseconds never = -1;
  static constexpr Nanoseconds longest = Nanoseconds{1} << 50;  // twelve days: sums can't overflow
  std::vector<Nanoseconds> by_code_;
};

/// The pace of one engine's conversation with the controller.
struct Pace {
  /// Until the engine has measured it: two hops on one host.
  static constexpr Nanoseconds assumed_round_trip = 200'000;
  /// A task that isn't long gets company worth this much.
  static constexpr Nanoseconds least_horizon = 1'000'000;
  /// From this length on a task is of middle length.
  static constexpr Nanoseconds middle = 100'000;
  static constexpr Nanoseconds together = 8;
  static constexpr Nanoseconds longest_together = 8'000'000;
  /// Above this many tasks, or bytes of arguments, more buys nothing.
  static constexpr std::uint32_t most_tasks = 65'536;
  static constexpr std::size_t most_bytes = std::size_t{16} << 20;

  Nanoseconds round_trip_min = assumed_round_trip;  ///< without anything in the way
  Nanoseconds wait = 0;  ///< in the controller's own passes; bounded by its owner

  Nanoseconds round_trip() const { return round_trip_min + wait; }
  /// Work to keep with the engine: two bare round trips; the controller's passes count more, since
  /// with many engines they are what keeps one waiting.
  Nanoseconds horizon() const { return std::max(least_horizon, 2 * round_trip_min + 6 * wait); }
  /// The same for tasks of this length. An engine's own share of an exchange, its system calls and
  /// wake-ups, takes some 40 us, which is much of a task of middle length: a few go together. But
  /// not while others want engines, too, whose tasks would wait behind them.
  Nanoseconds horizon(Nanoseconds task, bool alone) const {
    if (!alone || task < middle) return horizon();
    return std::max(horizon(), std::min(together * task, longest_together));
  }
  /// How long outcomes may wait for company while the engine has more to run.
  Nanoseconds outcomes_wait() const { return horizon() / 4; }
  /// A task that long hides the round trip by itself, unless the trip costs a hundredth of it: then
  /// one more waits behind it.
  bool wants_a_spare(Nanoseconds task) const { return round_trip() * 100 > task; }

  /// The most tasks of this length that the engine would be given, for people to look at.
  std::uint32_t credit(Nanoseconds task, bool alone) const {
    const Nanoseconds work = horizon(task, alone);
    if (task > work) return wants_a_spare(task) ? 2 : 1;
    return static_cast<std::uint32_t>(
        std::min<Nanoseconds>(most_tasks, 1 + (work + task - 1) / task));
  }
};

}  // namespace muster::controller
