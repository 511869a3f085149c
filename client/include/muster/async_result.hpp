#pragma once
// The future result of one task.

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include <muster/detail/buffer.hpp>
#include <muster/detail/callback.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/deadline.hpp>
#include <muster/detail/pending.hpp>
#include <muster/detail/result_awaiter.hpp>
#include <muster/detail/task_times.hpp>
#include <muster/error.hpp>
#include <muster/outcome.hpp>
#include <muster/progress.hpp>
#include <muster/stream_output.hpp>
#include <muster/task_id.hpp>
#include <muster/task_info.hpp>
#include <muster/task_output.hpp>
#include <muster/view_options.hpp>
#include <muster/wait_interactive.hpp>

namespace muster {

/// A handle: copies name the same task, and dropping the last one neither cancels the task nor
/// waits for it. All members may be called from any thread, several at a time. A handle that was
/// default constructed or moved from names no task; everything but valid() then throws
/// ClusterError.
///
/// The errors of the task, thrown by get() each time: TaskError when it threw; Quarantined,
/// TimedOut, Cancelled, Lost, EngineLost, ImageMismatch, UnknownTask as their names say;
/// ConnectionLost when the cluster is gone.
template <class T>
class AsyncResult {
 public:
  AsyncResult() = default;
  explicit AsyncResult(detail::PendingPtr task) : task_(std::move(task)) {}

  /// Blocks until the task has ended; gives its value or throws its error. The value is made from
  /// the received bytes by each call, so it may be got as often as one likes.
  T get() const {
    detail::wait(task());
    return detail::decode_result<T>(detail::value(task()));
  }

  /// The same, but throws TimedOut (Limit::wait) when that takes longer than `patience`. The task
  /// goes on.
  template <class Count, class Period>
  T get(std::chrono::duration<Count, Period> patience) const {
    if (!wait_for(patience)) throw TimedOut(Limit::wait, detail::in_nanoseconds(patience));
    return detail::decode_result<T>(detail::value(task()));
  }

  /// Blocks until the task has ended; gives its value or its error, and throws neither.
  Outcome<T> get(ReturnExceptions) const {
    wait();
    return detail::outcome_of<T>([this] { return get(); });
  }

  /// Blocks until the task has ended, in whichever way.
  void wait() const { detail::wait(task()); }

  /// The same, for `patience` at most. False when the task has not ended by then.
  template <class Count, class Period>
  bool wait_for(std::chrono::duration<Count, Period> patience) const {
    return detail::wait_until(task(), detail::deadline_after(patience));
  }

  /// wait_for(options.patience) that shows on stderr how far it has come: a bar on a terminal, a
  /// line now and then elsewhere.
  bool wait_interactive(const InteractiveOptions& options = {}) const {
    return detail::wait_interactively(*this, options);
  }

  /// The task has ended, in whichever way. Never blocks.
  bool ready() const { return detail::ready(task()); }

  /// The task has ended with a value. Never blocks. Throws ClusterError while it hasn't ended.
  bool successful() const {
    if (!ready()) throw ClusterError("the task has not ended: wait before asking for success");
    return detail::successful(task());
  }

  /// Cancels the task and says what the wish met. One that runs is asked to stop; when it still
  /// runs 5 s later its engine's process is ended, which costs no other task anything but time, and
  /// replaced. (What was pushed to that engine goes with its process.) Blocks for a round trip to
  /// the task's engine; an engine that doesn't answer is given up by the cluster after 15 s. Says
  /// so on stderr after 5 s.
  CancelOutcome cancel() const { return detail::cancel(task()); }

  /// The same, but only says the wish, and doesn't wait for what it meets. Never blocks.
  void request_cancel() const { detail::wish_cancel(task()); }

  /// Calls `callback(result)`, or `callback()`, once when the task has ended, in whichever way;
  /// soon also when it had before. Never blocks.
  ///
  /// Callbacks are called one at a time, by one thread of the client that is there for nothing
  /// else; those of one task in the order in which they were given. No lock is held meanwhile, so
  /// they may call everything here, submit tasks and ask for more callbacks. But a call that would
  /// have to wait for the cluster, as get() of a task that has not ended, throws WouldBlock in
  /// them: what it waits for may be what the next callback does. What a callback throws is said on
  /// stderr and dropped.
  ///
  /// A client that is destroyed waits for callbacks that are due, those of lost tasks among them.
  /// One that is given later, to a result that is still held, is called at once by who gives it.
  template <class Callback>
  void on_done(Callback&& callback) const {
    detail::on_done(task(), detail::make_callback_with(*this, std::forward<Callback>(callback)));
  }

  /// In a coroutine `co_await result` is get() without keeping the thread: see Coroutine.
  auto operator co_await() const { return detail::ResultAwaiter<AsyncResult>(*this); }

  /// Its name in the cluster: in Client::history, and for the commands. Never blocks.
  TaskId id() const { return detail::id(task()); }

  /// Where and when it ran, as far as is known. Never blocks.
  TaskInfo info() const { return detail::info(task()); }

  /// What it has written to stdout and stderr: when the task has ended as much as TaskOutput says,
  /// while it runs what has arrived, about a tenth of a second behind. Never blocks.
  TaskOutput output() const { return detail::output(task()); }

  /// wait_for(options.patience) that shows meanwhile, line by line, what it writes, with its engine
  /// in front: `[3] ` or `[3 stderr] `. Of an error only get() speaks.
  bool stream_output(const StreamOptions& options = {}) const {
    return detail::stream_output(*this, options);
  }
  /// Shows what it has written in the same way, at once.
  void display_outputs(const DisplayOptions& options = {}) const {
    detail::display_outputs(detail::by_places({output()}), options);
  }
  /// What stream_output is made of.
  std::vector<ItemsOutput> output_since(detail::OutputsRead& read) const {
    return detail::by_places({detail::output_since(task(), read[{}])});
  }

  /// What the task has published last by Context::publish, as a value of the type that it gave:
  /// while it runs about a tenth of a second behind, later the last one. Nothing when there is
  /// none; a controller that is started again may miss some. Never blocks. Throws ClusterError when
  /// it is of another type.
  template <class Value>
  std::optional<Value> published() const {
    const detail::Buffer body = detail::published(task());
    if (body.size() == 0) return std::nullopt;
    return detail::decode_result<Value>(body.bytes());
  }

  /// Of one task, with what it says by Context::progress while it runs.
  Progress progress() const {
    return {
        .done = ready() ? 1u : 0u, .total = 1, .submitted = 1, .running = detail::running(task())};
  }
  /// From its submission until now, or until its outcome came; the latter is wall_time().
  std::chrono::nanoseconds elapsed() const { return times().elapsed(); }
  /// What it took on its engine, in the attempt that ended it; zero before that.
  std::chrono::nanoseconds serial_time() const { return times().serial(); }
  /// From its submission until its outcome came; zero before that.
  std::chrono::nanoseconds wall_time() const { return times().wall(); }
  /// Between two of the times of info(): `timedelta(&TaskInfo::submitted, &TaskInfo::started)` is
  /// how long it has waited. Throws ClusterError when one of them isn't known.
  std::chrono::nanoseconds timedelta(detail::TimeSpan::Stamp from,
                                     detail::TimeSpan::Stamp to) const {
    detail::TimeSpan span(from, to);
    span.add(info());
    return span.length();
  }

  bool valid() const noexcept { return task_ != nullptr; }

  operator TaskReference() const { return TaskReference(task()); }

 private:
  detail::TaskTimes times() const {
    detail::TaskTimes times;
    times.add(task());
    return times;
  }

  const detail::PendingPtr& task() const {
    if (!task_) throw ClusterError("this AsyncResult names no task");
    return task_;
  }

  detail::PendingPtr task_;
};

namespace detail {
/// As an argument of apply it stands for its value, which the cluster passes on.
template <class T>
struct FutureOf<AsyncResult<T>> {
  using Type = T;
  static PendingPtr task(const AsyncResult<T>& result) { return TaskReference(result).task(); }
};
}  // namespace detail

}  // namespace muster
