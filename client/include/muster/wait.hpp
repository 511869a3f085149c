#pragma once
// Waiting for several results at a time.

#include <chrono>
#include <ranges>
#include <vector>

#include <muster/as_completed.hpp>
#include <muster/async_result.hpp>
#include <muster/detail/deadline.hpp>

namespace muster {

enum class ReturnWhen {
  all_completed,
  first_completed,  ///< one has ended, in whichever way
  first_exception,  ///< one has ended with an error, or all have ended; a cancelled one is no error
};

/// Each in the order in which it was given to wait().
template <class T>
struct Waited {
  std::vector<AsyncResult<T>> done;
  std::vector<AsyncResult<T>> not_done;
};

/// Blocks until the tasks of a range of AsyncResults have ended, or, as `when` says, until some
/// have, for `patience` at most. Doesn't throw their errors, nor when patience ends: what has not
/// ended by then is in `not_done`. After concurrent.futures.wait. Throws ClusterError when a result
/// names no task, or, unless all are waited for, when the results are of several clients.
template <detail::ResultRange Range, class Count, class Period>
requires std::ranges::forward_range<Range> Waited<detail::ValueIn<Range>> wait(
    Range&& results, std::chrono::duration<Count, Period> patience,
    ReturnWhen when = ReturnWhen::all_completed) {
  const auto end = detail::deadline_after(patience);
  Waited<detail::ValueIn<Range>> waited;
  if (when == ReturnWhen::all_completed) {
    for (const auto& result : results)
      detail::wait_until(TaskReference(result).task(), end);
  } else {
    detail::Arrivals arrivals;
    for (const auto& result : results)
      arrivals.add(TaskReference(result).task());
    while (arrivals.size() > 0) {
      const detail::PendingPtr task = arrivals.next(end);
      if (!task || when == ReturnWhen::first_completed || detail::failed(task)) break;
    }
  }
  for (const auto& result : results)
    (result.ready() ? waited.done : waited.not_done).push_back(result);
  return waited;
}

/// The same for as long as it takes.
template <detail::ResultRange Range>
Waited<detail::ValueIn<Range>> wait(Range&& results, ReturnWhen when = ReturnWhen::all_completed) {
  return wait(results, std::chrono::steady_clock::duration::max(), when);
}

}  // namespace muster
