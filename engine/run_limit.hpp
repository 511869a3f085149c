#pragma once
// How long one item may run, from its start to its end, by this process's clock: until its run
// limit (rule 19), and for a grace when it was cancelled.

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "protocol/lane.hpp"
#include "protocol/limits.hpp"
#include "protocol/peer_link.hpp"
#include "protocol/time_limit.hpp"

namespace muster::engine {

using wire::Instant;

/// So long a task that was cancelled while it ran may take to stop, unless it says otherwise; then
/// its process ends, and another one takes its place.
inline constexpr std::chrono::seconds cancel_grace{5};

class RunLimit {
 public:
  /// None.
  RunLimit() = default;
  RunLimit(std::int64_t limit_ns, Instant since) : end_(wire::limit_after(since, limit_ns)) {
    if (limited()) limit_ns_ = limit_ns;
  }

  /// It begins only now; that it was cancelled before counts.
  void begin(std::int64_t limit_ns, Instant since) {
    const Instant cancelled_end = cancelled_end_;
    *this = RunLimit(limit_ns, since);
    cancelled_end_ = cancelled_end;
  }
  /// Somebody has asked it to stop, and its result is nobody's. The grace is 0 where it is the
  /// usual one.
  void cancel(std::int64_t grace_ns, Instant now) {
    const std::int64_t usual = std::chrono::nanoseconds(cancel_grace).count();
    cancelled_end_ =
        std::min(cancelled_end_, wire::limit_after(now, grace_ns == 0 ? usual : grace_ns));
  }
  bool cancelled() const { return cancelled_end_ != Instant::max(); }

  /// When something has to be done next; the end of time without a limit.
  Instant due() const { return std::min(asked_ ? must_end() : end_, cancelled_end_); }
  /// True once, when the item has to be asked to stop. Its grace begins then.
  bool ask_to_stop(Instant now) {
    if (asked_ || now < end_) return false;
    asked_ = true;
    end_ = now;
    return true;
  }
  bool passed(Instant now) const { return now >= end_; }
  /// It was asked and has had its grace.
  bool overdue(Instant now) const { return limit_overdue(now) || now >= cancelled_end_; }
  /// The same of the run limit alone.
  bool limit_overdue(Instant now) const { return asked_ && now >= must_end(); }

  /// 0 without a limit.
  std::int64_t nanoseconds() const { return limit_ns_; }
  /// When it has to be over, for the page; 0 without a limit.
  std::int64_t must_end_ns() const {
    const Instant end = limited() ? std::min(must_end(), cancelled_end_) : cancelled_end_;
    return end == Instant::max() ? 0 : wire::nanoseconds_of(end);
  }

 private:
  bool limited() const { return end_ != Instant::max(); }
  Instant must_end() const { return end_ + wire::stop_grace; }

  Instant end_ = Instant::max();  // or, once it was asked, when it was
  Instant cancelled_end_ = Instant::max();
  std::int64_t limit_ns_ = 0;
  bool asked_ = false;
};

}  // namespace muster::engine
