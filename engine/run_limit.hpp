#pragma once
// The run limit of one item, from its start to its end (rule 19), by this process's clock.

#include <cstdint>

#include "protocol/lane.hpp"
#include "protocol/limits.hpp"
#include "protocol/peer_link.hpp"
#include "protocol/time_limit.hpp"

namespace muster::engine {

using wire::Instant;

class RunLimit {
 public:
  /// None.
  RunLimit() = default;
  RunLimit(std::int64_t limit_ns, Instant since) : end_(wire::limit_after(since, limit_ns)) {
    if (limited()) limit_ns_ = limit_ns;
  }

  /// When something has to be done next; the end of time without a limit.
  Instant due() const { return asked_ ? must_end() : end_; }
  /// True once, when the item has to be asked to stop. Its grace begins then.
  bool ask_to_stop(Instant now) {
    if (asked_ || now < end_) return false;
    asked_ = true;
    end_ = now;
    return true;
  }
  bool passed(Instant now) const { return now >= end_; }
  /// It was asked and has had its grace.
  bool overdue(Instant now) const { return asked_ && now >= must_end(); }

  /// 0 without a limit.
  std::int64_t nanoseconds() const { return limit_ns_; }
  /// When it has to be over, for the page; 0 without a limit.
  std::int64_t must_end_ns() const { return limited() ? wire::nanoseconds_of(must_end()) : 0; }

 private:
  bool limited() const { return end_ != Instant::max(); }
  Instant must_end() const { return end_ + wire::stop_grace; }

  Instant end_ = Instant::max();  // or, once it was asked, when it was
  std::int64_t limit_ns_ = 0;
  bool asked_ = false;
};

}  // namespace muster::engine
