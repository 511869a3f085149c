#pragma once
// What a pool remembers for its insights, beside what its connection writes down of tasks: how its
// workers began, and how they ended.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include <msgpack.hpp>

#include <muster/context.hpp>
#include <muster/detail/pending.hpp>
#include <muster/direct_view.hpp>
#include <muster/engine_results.hpp>
#include <muster/insights.hpp>

namespace muster::detail {

/// What a worker's process says of itself; nanoseconds.
struct ProcessTimes {
  int incarnation = 0;
  std::int64_t start_up = 0;
  std::int64_t init = 0;
  std::int64_t age = 0;
  MSGPACK_DEFINE(incarnation, start_up, init, age)
};

// Hidden: where a program exports its symbols, the loader would let its instances stand in for
// those of the same name in a module, which may be built from other code.
#pragma GCC visibility push(hidden)

struct DescribeProcess {
  ProcessTimes operator()(Context& context) const {
    const CurrentProcess process = context.process();
    return {process.incarnation, process.start_up.count(), process.init.count(),
            process.age.count()};
  }
};

#pragma GCC visibility pop

/// All members may be called from any thread.
class PoolLog {
 public:
  using Clock = std::chrono::steady_clock;
  using Processes = EngineResults<ProcessTimes>;
  /// DescribeProcess on each engine of the view: the program's own, as PoolLife::CallOnAll is.
  using DescribeAll = Processes (*)(const DirectView& view);
  using ExitResults = EngineResults<std::vector<char>>;

  /// `begin` is when the pool was made; it has so many workers of its own, numbered from 0.
  PoolLog(Clock::time_point begin, std::size_t workers, std::shared_ptr<Connection> connection,
          DescribeAll describe_all);

  /// Asks workers how they began, those that have run tasks or all of its own. A worker that is
  /// busy for longer than `patience` is asked in vain.
  enum class Whom { have_worked, all };
  void ask(Whom whom, std::chrono::nanoseconds patience);
  /// They have ended.
  void note_exits(const ExitResults& exits);

  Insights insights() const;

 private:
  struct Beginning {
    Clock::time_point ready{};
    ProcessTimes process{};
  };
  struct Exit {
    Clock::time_point begin{};
    std::chrono::nanoseconds run{};
  };

  std::vector<int> engines(Whom whom) const;
  void place(WorkerInsights& worker, std::chrono::nanoseconds time) const;

  const Clock::time_point begin_;
  const std::size_t workers_;
  const std::shared_ptr<Connection> connection_;
  const DescribeAll describe_all_;

  mutable std::mutex mutex_;
  std::map<int, Beginning> beginnings_;  // by engine
  std::map<int, Exit> exits_;
};

}  // namespace muster::detail
