#pragma once
// How the workers of a pool have spent their time: what Pool::insights gives.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace muster {

/// One worker; times are added up from the making of the pool to the end of Insights::time, so that
/// they are all of it. A worker's clock places what it did, which is good to about a round trip.
struct WorkerInsights {
  using Time = std::chrono::nanoseconds;
  /// A stretch of time with tasks; those that lie too close to be seen are one.
  struct Bar {
    Time begin{};  ///< since the making of the pool, like `end`
    Time end{};
    Time busy{};  ///< of it, inside tasks
    std::size_t tasks = 0;
    std::size_t failed = 0;
  };

  int worker = -1;        ///< the engine's id
  std::size_t tasks = 0;  ///< items of maps each; those of this pool's program only
  std::size_t failed = 0;
  Time start_up{};    ///< until it could take tasks; nothing for one that was there before the pool
  Time init{};        ///< in the initializer
  Time waiting{};     ///< what is left: for tasks, for arguments, for others to take results
  Time working{};     ///< in tasks
  Time exit{};        ///< in the exit function
  Time exit_begin{};  ///< when it began, since the making of the pool
  std::vector<Bar> bars{};
};

/// A task that took long.
struct LongTask {
  std::chrono::nanoseconds run{};
  int worker = -1;
  std::string function{};   ///< "simulate(double)"
  std::string arguments{};  ///< "(300, "slow")"; of arguments of some size how large they are
};

/// A value, which can be copied and kept. Of a worker whose process was replaced, start-up and init
/// are those of the last process only.
class Insights {
 public:
  std::chrono::nanoseconds time{};  ///< from the making of the pool to the last thing that was done
  std::vector<WorkerInsights> workers{};
  std::vector<LongTask> longest{};  ///< five at the most, the longest one first

  std::size_t tasks() const;
  std::size_t failed() const;
  /// What the workers have done together, of what they could have done in `time`: 1 when all of
  /// them were inside tasks all the time.
  double parallel_efficiency() const;

  /// A table of the workers with shares of the time, their mean and standard deviation, and the
  /// longest tasks.
  std::string text() const;
  /// The same as an object; times in seconds.
  std::string json() const;
  /// A picture, a whole SVG document: a row for each worker, time from left to right.
  std::string svg() const;
  /// A page with picture and table that loads nothing from anywhere.
  std::string html() const;

  friend std::ostream& operator<<(std::ostream& stream, const Insights& insights);
};

}  // namespace muster
