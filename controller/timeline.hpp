#pragma once
// What ran where and when, for people to look at afterwards: for each process the stretches of time
// in which it executed tasks. Bounded whatever a run is like: what is too short to be seen is
// drawn together, and the longer the run, the coarser that is.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "controller/task.hpp"

namespace muster::controller {

class Timeline {
 public:
  /// A stretch of one process's time. Nanoseconds of the controller's monotonic clock.
  struct Span {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    std::int64_t busy = 0;     ///< of it, inside tasks
    std::uint32_t count = 0;   ///< tasks; 0: the process ended here, and not by order
    std::uint32_t failed = 0;  ///< of them, those that threw
    CodeRef code = none;       ///< of them all; none: they differ
  };

  /// `spans_max` is how many are kept at the most, of all processes together.
  explicit Timeline(std::size_t spans_max = 1 << 16) : spans_max_(spans_max) {}

  /// A task of this code has run, or `count` have, one after the other. `process` is an index that
  /// is never used again.
  void add(std::uint32_t process, CodeRef code, std::int64_t started, std::int64_t took,
           bool failed, std::uint32_t count = 1) {
    if (process >= spans_.size()) spans_.resize(process + 1);
    std::vector<Span>& row = spans_[process];
    const Span span{started, started + took, took, count, failed ? count : 0, code};
    if (!row.empty() && joins(row.back(), span)) {
      join(row.back(), span);
    } else {
      push(row, span);
    }
  }

  /// A task ended with its process, after so long. Of a row, what ended before it is there already.
  void add_cut(std::uint32_t process, CodeRef code, std::int64_t ended, std::int64_t took) {
    std::int64_t begin = ended - took;
    if (process < spans_.size() && !spans_[process].empty()) {
      begin = std::min(ended, std::max(begin, spans_[process].back().end));
    }
    add(process, code, begin, ended - begin, true);
  }

  /// The process has died.
  void add_death(std::uint32_t process, std::int64_t when) {
    if (process >= spans_.size()) spans_.resize(process + 1);
    push(spans_[process], Span{.begin = when, .end = when});
  }

  /// By process, in the order in which outcomes came.
  const std::vector<std::vector<Span>>& spans() const { return spans_; }
  /// Tasks that ended within so many nanoseconds may have been drawn together; 0: none.
  std::int64_t resolution() const { return resolution_; }
  /// Spans of processes that aren't kept because there were too many processes.
  std::size_t dropped() const { return dropped_; }

 private:
  bool joins(const Span& earlier, const Span& later) const {
    return earlier.count > 0 && later.count > 0 && later.begin >= earlier.begin &&
           later.end - earlier.begin <= resolution_;
  }
  static void join(Span& earlier, const Span& later) {
    earlier.end = later.end > earlier.end ? later.end : earlier.end;
    earlier.busy += later.busy;
    earlier.count += later.count;
    earlier.failed += later.failed;
    if (earlier.code != later.code) earlier.code = none;
  }
  void push(std::vector<Span>& row, const Span& span) {
    row.push_back(span);
    if (++size_ > spans_max_) coarsen();
  }
  void coarsen();

  std::size_t spans_max_;
  std::size_t size_ = 0;
  std::size_t dropped_ = 0;
  std::int64_t resolution_ = 0;
  std::vector<std::vector<Span>> spans_;
};

}  // namespace muster::controller
