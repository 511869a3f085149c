#pragma once
// When the tasks of a session were submitted, for people: one time for all that came in one
// message (of what is said again each has its own), and bounded however many those are.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <vector>

#include "protocol/lane.hpp"
#include "protocol/record.hpp"

namespace muster::controller {

/// When its client took a task that it says now: one that is said again was there before (rule 30).
inline wire::Instant submitted_at(const wire::Header& said, wire::Instant now) {
  const auto since_start = static_cast<std::uint64_t>(now.time_since_epoch().count());
  return now - std::chrono::nanoseconds(std::min(said.attempt, since_start));
}

class SubmissionTimes {
 public:
  /// These and later counters came at this time. Costs a comparison when it is the last one's.
  void note(std::uint64_t counter, std::int64_t now) {
    if (!marks_.empty() && (marks_.back().time == now || counter <= marks_.back().counter)) return;
    if (marks_.size() == marks_max) thin_out();
    marks_.push_back({counter, now});
  }

  /// When this one came; of one that came long ago, when one a little before it did. `unknown` when
  /// no message is remembered that early.
  std::int64_t of(std::uint64_t counter, std::int64_t unknown) const {
    const auto later = std::upper_bound(
        marks_.begin(), marks_.end(), counter,
        [](std::uint64_t wanted, const Mark& mark) { return wanted < mark.counter; });
    return later == marks_.begin() ? unknown : std::prev(later)->time;
  }

 private:
  struct Mark {
    std::uint64_t counter;
    std::int64_t time;
  };
  /// 256 KiB of a session that submits its tasks one by one.
  static constexpr std::size_t marks_max = 1 << 14;

  /// Forgets every other one of the older half.
  void thin_out() {
    std::size_t kept = 0;
    for (std::size_t at = 0; at < marks_.size(); ++at) {
      if (at < marks_max / 2 && at % 2 == 1) continue;
      marks_[kept++] = marks_[at];
    }
    marks_.resize(kept);
  }

  std::vector<Mark> marks_;
};

}  // namespace muster::controller
