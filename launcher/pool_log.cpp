#include <algorithm>
#include <typeinfo>
#include <utility>

#include <muster/detail/distant_call_task.hpp>
#include <muster/detail/pool_log.hpp>
#include <muster/detail/signature.hpp>
#include <muster/outcome.hpp>

#include "client/connection.hpp"
#include "client/pending.hpp"
#include "client/work_log.hpp"
#include "protocol/function_name.hpp"

namespace muster::detail {
namespace {

using std::chrono::nanoseconds;

WorkerInsights::Bar bar_of(const client::WorkLog::Bar& bar, PoolLog::Clock::time_point begin) {
  return {bar.begin - begin, bar.end - begin, bar.busy, bar.tasks, bar.failed};
}

}  // namespace

PoolLog::PoolLog(Clock::time_point begin, std::size_t workers,
                 std::shared_ptr<Connection> connection, DescribeAll describe_all)
    : begin_(begin),
      workers_(workers),
      connection_(std::move(connection)),
      describe_all_(describe_all) {
  // What the pool itself asks of workers is none of its tasks.
  if (connection_) {
    connection_->keep_work_log(
        {typeid(Stateless<DescribeProcess>).name(), typeid(Stateless<CarryOut>).name()});
  }
}

std::vector<int> PoolLog::engines(Whom whom) const {
  if (whom == Whom::all && workers_ > 0) return connection_->engine_ids();
  std::vector<int> engines;
  const client::WorkLog log = connection_->work_log();
  for (std::size_t engine = 0; engine < log.workers().size(); ++engine) {
    if (log.workers()[engine].tasks > 0) engines.push_back(static_cast<int>(engine));
  }
  return engines;
}

void PoolLog::ask(Whom whom, nanoseconds patience) {
  if (!connection_) return;
  const std::vector<int> engines = this->engines(whom);
  if (engines.empty()) return;
  const Processes processes = describe_all_(DirectView(connection_, EngineTargets(engines)));
  processes.wait_for(patience);
  std::size_t i = 0;
  for (const AsyncResult<ProcessTimes>& result : processes) {
    const int engine = engines[i++];
    if (!result.ready()) continue;
    const Outcome<ProcessTimes> process = result.get(return_exceptions);
    if (!process) continue;
    const nanoseconds ready_for(process.value().age - process.value().start_up);
    const std::scoped_lock lock(mutex_);
    beginnings_[engine] = {TaskReference(result).task()->completed - ready_for, process.value()};
  }
}

void PoolLog::note_exits(const ExitResults& exits) {
  std::size_t i = 0;
  const std::scoped_lock lock(mutex_);
  for (const AsyncResult<std::vector<char>>& result : exits) {
    const Pending& exit = *TaskReference(result).task();
    exits_[exits.engines()[i++]] = {exit.started, exit.run};
  }
}

Insights PoolLog::insights() const {
  Insights insights;
  if (!connection_) return insights;
  const client::WorkLog log = connection_->work_log();
  const std::scoped_lock lock(mutex_);
  Clock::time_point end = begin_;
  const std::size_t seen = std::max(workers_, log.workers().size());
  for (std::size_t engine = 0; engine < seen; ++engine) {
    WorkerInsights worker;
    worker.worker = static_cast<int>(engine);
    if (engine < log.workers().size()) {
      const client::WorkLog::Worker& logged = log.workers()[engine];
      worker.tasks = logged.tasks;
      worker.failed = logged.failed;
      worker.working = logged.working;
      for (const client::WorkLog::Bar& bar : logged.bars) {
        worker.bars.push_back(bar_of(bar, begin_));
        end = std::max(end, bar.end);
      }
    }
    if (engine >= workers_ && worker.tasks == 0) continue;
    insights.workers.push_back(std::move(worker));
  }
  for (const auto& [engine, beginning] : beginnings_)
    end = std::max(end, beginning.ready);
  for (const auto& [engine, exit] : exits_)
    end = std::max(end, exit.begin + exit.run);
  insights.time = end - begin_;
  for (WorkerInsights& worker : insights.workers)
    place(worker, insights.time);
  for (const client::WorkLog::LongTask& task : log.longest()) {
    insights.longest.push_back(
        {task.run, task.engine, wire::function_name(task.entry), task.arguments});
  }
  return insights;
}

/// What isn't working, so that all of it is the pool's time. Under mutex_.
void PoolLog::place(WorkerInsights& worker, nanoseconds time) const {
  const nanoseconds first = worker.bars.empty() ? time : worker.bars.front().begin;
  const auto beginning = beginnings_.find(worker.worker);
  if (beginning != beginnings_.end()) {
    const ProcessTimes& process = beginning->second.process;
    // A process that took the place of another one was started when that one had ended.
    const nanoseconds start_up = process.incarnation > 1
                                     ? nanoseconds(process.start_up)
                                     : nanoseconds(beginning->second.ready - begin_);
    worker.init = std::clamp(nanoseconds(process.init), nanoseconds(0), time);
    worker.start_up = std::clamp(start_up, nanoseconds(0), first);
  }
  const auto exit = exits_.find(worker.worker);
  if (exit != exits_.end()) {
    worker.exit = exit->second.run;
    worker.exit_begin = std::max(nanoseconds(0), nanoseconds(exit->second.begin - begin_));
  }
  const nanoseconds known = worker.start_up + worker.init + worker.working + worker.exit;
  worker.waiting = std::max(nanoseconds(0), time - known);
}

}  // namespace muster::detail
