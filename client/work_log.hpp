#pragma once
// What ran where and when of one client's tasks, as their outcomes say: for Pool::insights. Bounded
// whatever a run is like: what is too short to be seen is drawn together, and the longer the run,
// the coarser that is.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/lane.hpp"
#include "protocol/record.hpp"

namespace muster::client {

using wire::Instant;

class WorkLog {
 public:
  /// A stretch of one engine's time.
  struct Bar {
    Instant begin{};
    Instant end{};
    std::chrono::nanoseconds busy{};  ///< of it, inside tasks
    std::uint32_t tasks = 0;
    std::uint32_t failed = 0;
  };
  struct Worker {
    std::uint64_t tasks = 0;
    std::uint64_t failed = 0;
    std::chrono::nanoseconds working{};
    std::vector<Bar> bars;
  };
  struct LongTask {
    std::chrono::nanoseconds run{};
    int engine = -1;
    std::string entry;      ///< the function's mangled name
    std::string arguments;  ///< for people
  };

  static constexpr std::size_t longest_max = 5;

  /// Tasks of the functions with these mangled names aren't to be added.
  explicit WorkLog(std::vector<std::string> unlogged = {}, std::size_t bars_max = 1 << 14)
      : unlogged_(std::move(unlogged)), bars_max_(bars_max) {}

  bool logs(std::string_view entry) const {
    return std::find(unlogged_.begin(), unlogged_.end(), entry) == unlogged_.end();
  }

  /// `count` tasks, one after the other, have begun at `started` and took `run` together.
  void add(std::uint32_t engine, Instant started, std::chrono::nanoseconds run, std::uint32_t count,
           bool failed);
  /// A task that took so long would be among the longest.
  bool is_long(std::chrono::nanoseconds run) const {
    return longest_.size() < longest_max || run > longest_.back().run;
  }
  /// Requires is_long(task.run).
  void add_long(LongTask task);

  const std::vector<Worker>& workers() const { return workers_; }    ///< by engine
  const std::vector<LongTask>& longest() const { return longest_; }  ///< the longest one first

 private:
  bool joins(const Bar& earlier, const Bar& later) const;
  static void join(Bar& earlier, const Bar& later);
  void coarsen();

  std::vector<std::string> unlogged_;
  std::size_t bars_max_;
  std::size_t bars_ = 0;
  std::chrono::nanoseconds resolution_{};
  std::vector<Worker> workers_;
  std::vector<LongTask> longest_;
};

}  // namespace muster::client
