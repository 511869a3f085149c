// What a decision of the scheduler takes, by engines and by tasks that wait: it has to stay the
// same however many there are. And what a task takes from its submission to its release.

#include "controller/scheduler.hpp"

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

namespace muster::bench {
namespace {

using controller::EngineRef;
using controller::Scheduler;
using controller::TaskRef;

constexpr controller::ImageRef image = 0;
constexpr controller::CodeRef code = 0;
/// Decisions between two looks at the clock, which then cost nothing against them.
constexpr std::size_t batch = 256;

struct Cluster {
  Scheduler scheduler;
  std::uint64_t submitted = 0;

  /// Engines whose credit suffices for a batch by the fewest of them, each with something to do.
  /// Tasks have taken `run` so far.
  Cluster(EngineRef engines, std::uint64_t waiting, controller::Nanoseconds run)
      : scheduler({.credit = batch}) {
    scheduler.learn(0, code, run, {});
    for (EngineRef engine = 0; engine < engines; ++engine)
      scheduler.activate(engine, image);
    submit(engines);
    while (scheduler.dispatch({})) {
    }
    submit(waiting + batch - scheduler.waiting());
  }
  void submit(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i)
      scheduler.submit(0, ++submitted, code, image, {}, nullptr);
  }
};

/// Arguments: engines, tasks that wait, how long one takes. Only dispatch() is timed.
void decision(benchmark::State& state) {
  Cluster cluster(static_cast<EngineRef>(state.range(0)),
                  static_cast<std::uint64_t>(state.range(1)), state.range(2));
  std::vector<TaskRef> dispatched(batch);
  for ([[maybe_unused]] const auto turn : state) {
    const auto begin = std::chrono::steady_clock::now();
    for (TaskRef& task : dispatched)
      task = cluster.scheduler.dispatch({})->task;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    state.SetIterationTime(took.count());
    for (const TaskRef task : dispatched)
      cluster.scheduler.release(task);
    cluster.submit(batch);
  }
  const double decisions = static_cast<double>(state.iterations()) * batch;
  state.counters["decision"] =
      benchmark::Counter(decisions, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(decision)
    ->ArgNames({"engines", "waiting", "ns"})
    ->ArgsProduct({{4, 64, 4000}, {1, 1000, 1'000'000}, {100, 1'000'000}})
    ->UseManualTime();

/// Argument: engines. Submitted, dispatched, ended, released.
void life_of_a_task(benchmark::State& state) {
  Cluster cluster(static_cast<EngineRef>(state.range(0)), 1, 1000);
  for ([[maybe_unused]] const auto turn : state) {
    cluster.submit(1);
    const Scheduler::Dispatch next = *cluster.scheduler.dispatch({});
    cluster.scheduler.learn(next.engine, code, 1000, {});
    cluster.scheduler.release(next.task);
  }
}
BENCHMARK(life_of_a_task)->ArgName("engines")->Arg(4)->Arg(4000);

}  // namespace
}  // namespace muster::bench
