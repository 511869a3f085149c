#pragma once
// The future result of one task.

#include <chrono>
#include <type_traits>
#include <utility>

#include <muster/detail/codec.hpp>
#include <muster/detail/deadline.hpp>
#include <muster/detail/pending.hpp>
#include <muster/error.hpp>
#include <muster/task_info.hpp>
#include <muster/view_options.hpp>

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

  /// Blocks until the task has ended, in whichever way.
  void wait() const { detail::wait(task()); }

  /// The same, for `patience` at most. False when the task has not ended by then.
  template <class Count, class Period>
  bool wait_for(std::chrono::duration<Count, Period> patience) const {
    return detail::wait_until(task(), detail::deadline_after(patience));
  }

  /// The task has ended, in whichever way. Never blocks.
  bool ready() const { return detail::ready(task()); }

  /// The task has ended with a value. Never blocks. Throws ClusterError while it hasn't ended.
  bool successful() const {
    if (!ready()) throw ClusterError("the task has not ended: wait before asking for success");
    return detail::successful(task());
  }

  /// Cancels the task and says what the wish met. Blocks for a round trip to the task's engine; an
  /// engine that doesn't answer is given up by the cluster after 15 s. Says so on stderr after 5 s.
  CancelOutcome cancel() const { return detail::cancel(task()); }

  /// Where and when it ran, as far as is known. Never blocks.
  TaskInfo info() const { return detail::info(task()); }

  bool valid() const noexcept { return task_ != nullptr; }

  operator TaskReference() const { return TaskReference(task()); }

 private:
  const detail::PendingPtr& task() const {
    if (!task_) throw ClusterError("this AsyncResult names no task");
    return task_;
  }

  detail::PendingPtr task_;
};

}  // namespace muster
