#pragma once
// Several results that are handled as one: what EngineResults and JoinedResults have in common.

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <muster/async_result.hpp>
#include <muster/detail/callback.hpp>
#include <muster/detail/deadline.hpp>
#include <muster/detail/pending.hpp>
#include <muster/detail/task_times.hpp>
#include <muster/error.hpp>
#include <muster/progress.hpp>
#include <muster/task_info.hpp>
#include <muster/wait_interactive.hpp>

namespace muster::detail {

/// A range of AsyncResults. All members may be called from any thread.
template <class T>
class ResultRow {
 public:
  ResultRow() = default;
  explicit ResultRow(std::vector<AsyncResult<T>> results) : results_(std::move(results)) {}

  /// Blocks until all tasks have ended, in whichever way.
  void wait() const {
    for (const AsyncResult<T>& result : results_)
      result.wait();
  }

  /// The same, for `patience` at most. False when some have not ended by then.
  template <class Count, class Period>
  bool wait_for(std::chrono::duration<Count, Period> patience) const {
    const auto end = deadline_after(patience);
    for (const AsyncResult<T>& result : results_) {
      if (!wait_until(TaskReference(result).task(), end)) return false;
    }
    return true;
  }

  /// As AsyncResult::wait_interactive, in tasks.
  bool wait_interactive(const InteractiveOptions& options = {}) const {
    return wait_interactively(*this, options);
  }

  /// All have ended, in whichever way. Never blocks.
  bool ready() const {
    for (const AsyncResult<T>& result : results_) {
      if (!result.ready()) return false;
    }
    return true;
  }

  /// All have ended with a value. Never blocks. Throws ClusterError while some haven't ended.
  bool successful() const {
    bool all = true;
    for (const AsyncResult<T>& result : results_)
      all = result.successful() && all;
    return all;
  }

  /// Wishes that all be cancelled that have not ended; doesn't wait for the engines.
  void cancel() const {
    for (const AsyncResult<T>& result : results_)
      result.request_cancel();
  }

  /// In tasks, with what those that run say by Context::progress.
  Progress progress() const {
    double running = 0;
    for (const AsyncResult<T>& result : results_)
      running += detail::running(TaskReference(result).task());
    return {.done = times().ended(), .total = size(), .submitted = size(), .running = running};
  }
  /// From the first submission until now; wall_time() once all have ended.
  std::chrono::nanoseconds elapsed() const { return times().elapsed(); }
  /// What the tasks that have ended took on their engines, added up: the time that one engine would
  /// have needed.
  std::chrono::nanoseconds serial_time() const { return times().serial(); }
  /// From the first submission to the latest arrival.
  std::chrono::nanoseconds wall_time() const { return times().wall(); }
  /// From the earliest of one of the times of info() to the latest of another one:
  /// `timedelta(&TaskInfo::started, &TaskInfo::completed)`. Throws ClusterError when one of them
  /// isn't known for some task.
  std::chrono::nanoseconds timedelta(TimeSpan::Stamp from, TimeSpan::Stamp to) const {
    TimeSpan span(from, to);
    for (const AsyncResult<T>& result : results_)
      span.add(result.info());
    return span.length();
  }
  /// Of each task, in their order.
  std::vector<TaskInfo> info() const {
    std::vector<TaskInfo> infos;
    for (const AsyncResult<T>& result : results_)
      infos.push_back(result.info());
    return infos;
  }

  /// As AsyncResult::output, of each task, in their order.
  std::vector<TaskOutput> output() const {
    std::vector<TaskOutput> outputs;
    for (const AsyncResult<T>& result : results_)
      outputs.push_back(result.output());
    return outputs;
  }
  /// As AsyncResult::stream_output, of all.
  bool stream_output(const StreamOptions& options = {}) const {
    return detail::stream_output(*this, options);
  }
  /// As AsyncResult::display_outputs, grouped.
  void display_outputs(const DisplayOptions& options = {}) const {
    detail::display_outputs(by_places(output()), options);
  }
  /// What stream_output is made of.
  std::vector<ItemsOutput> output_since(OutputsRead& read) const {
    std::vector<TaskOutput> news;
    for (const AsyncResult<T>& result : results_)
      news.push_back(detail::output_since(TaskReference(result).task(), read[{news.size(), 1}]));
    return by_places(std::move(news));
  }

  /// The tasks' own results, in their order; the row is a range of them, too.
  const std::vector<AsyncResult<T>>& split() const& { return results_; }
  std::vector<AsyncResult<T>> split() && { return std::move(results_); }
  std::size_t size() const { return results_.size(); }
  /// Requires index < size().
  const AsyncResult<T>& operator[](std::size_t index) const { return results_[index]; }
  auto begin() const { return results_.begin(); }
  auto end() const { return results_.end(); }

 protected:
  template <class Results, class Call>
  void call_when_done(const Results& results, Call&& call) const {
    std::vector<PendingPtr> tasks;
    for (const AsyncResult<T>& result : results_)
      tasks.push_back(TaskReference(result).task());
    on_all_done(tasks, make_callback_with(results, std::forward<Call>(call)));
  }

 private:
  TaskTimes times() const {
    TaskTimes times;
    for (const AsyncResult<T>& result : results_)
      times.add(TaskReference(result).task());
    return times;
  }

  std::vector<AsyncResult<T>> results_;
};

/// As many engines as values. Throws ClusterError when one is there twice.
template <class T>
std::map<int, T> by_engine(const std::vector<int>& engines, std::vector<T> values) {
  std::map<int, T> dict;
  for (std::size_t i = 0; i < engines.size(); ++i) {
    if (!dict.try_emplace(engines[i], std::move(values[i])).second) {
      throw ClusterError("get_dict() has room for one value of each engine, but engine " +
                         std::to_string(engines[i]) + " gave several: take them by get()");
    }
  }
  return dict;
}

}  // namespace muster::detail
