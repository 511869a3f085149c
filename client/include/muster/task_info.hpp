#pragma once
// What is known about one task.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace muster {

/// How far a task has come, or how it ended.
enum class Status {
  open,       ///< it has no outcome yet
  succeeded,  ///< with a value
  failed,     ///< with an error of its own or of the cluster's: get() says which
  cancelled,
};

/// A snapshot. What hasn't happened yet has the values below. Times are the cluster's, placed on
/// this host's clock: for people to read, good to about a round trip.
struct TaskInfo {
  Status status = Status::open;
  int engine = -1;       ///< the engine of the latest attempt
  std::int64_t pid = 0;  ///< the process that ran it
  std::string host{};
  int attempts = 0;  ///< how often it was started
  std::chrono::system_clock::time_point submitted{};
  std::chrono::system_clock::time_point started{};    ///< the latest attempt, on its engine
  std::chrono::system_clock::time_point completed{};  ///< on its engine
  std::chrono::system_clock::time_point received{};   ///< the outcome, here
  std::chrono::nanoseconds run{};  ///< what the latest attempt took, by its engine's clock
};

/// The same of items of a map that have ended together. Those that are quicker than some
/// microseconds run one right behind the other: then it is said of `count` of them, from `index`
/// on, when the first was started, when the last was done, and what all of them took.
struct ItemsInfo : TaskInfo {
  std::size_t index = 0;
  std::size_t count = 1;
};

/// What a wish to cancel met. Whichever came first, the wish or an outcome, has won for good.
enum class CancelOutcome {
  cancelled,  ///< the task had not started and never will: get() throws Cancelled
  running,   ///< it runs and was asked to stop: get() will throw Cancelled, once the engine is done
             ///< with it, whatever it returns
  finished,  ///< it had an outcome already, which stands: get() gives it
};

}  // namespace muster
