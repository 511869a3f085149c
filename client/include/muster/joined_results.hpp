#pragma once
// Results of several calls as one.

#include <chrono>
#include <concepts>
#include <cstddef>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

#include <muster/as_completed.hpp>
#include <muster/async_result.hpp>
#include <muster/detail/deadline.hpp>
#include <muster/detail/result_row.hpp>
#include <muster/error.hpp>
#include <muster/outcome.hpp>

namespace muster {

/// A handle, like AsyncResult. A range of the AsyncResults that were joined, in their order.
template <class T>
class JoinedResults : public detail::ResultRow<T> {
 public:
  /// Nothing for functions that return nothing.
  using Values = std::conditional_t<std::is_void_v<T>, void, std::vector<T>>;

  using detail::ResultRow<T>::ResultRow;

  /// Blocks until all tasks have ended; gives their values. If one has failed its error is thrown,
  /// if several have, a CompositeError with all of them. May be repeated.
  Values get() const {
    std::vector<typename Outcome<T>::Value> values;
    std::vector<CompositeError::Part> failures;
    for (auto& outcome : get(return_exceptions)) {
      if (outcome) {
        values.push_back(std::move(outcome).value());
      } else {
        failures.push_back({values.size() + failures.size(), outcome.error()});
      }
    }
    detail::throw_failures(std::move(failures));
    if constexpr (!std::is_void_v<T>) return values;
  }

  /// The same, but throws TimedOut (Limit::wait) when that takes longer than `patience`. The tasks
  /// go on.
  template <class Count, class Period>
  Values get(std::chrono::duration<Count, Period> patience) const {
    if (!this->wait_for(patience)) throw TimedOut(Limit::wait, detail::in_nanoseconds(patience));
    return get();
  }

  /// Blocks until all tasks have ended; gives each one's value or error.
  std::vector<Outcome<T>> get(ReturnExceptions) const {
    std::vector<Outcome<T>> outcomes;
    for (const AsyncResult<T>& result : *this)
      outcomes.push_back(result.get(return_exceptions));
    return outcomes;
  }

  /// The values by the engines that gave them. Blocks and throws as get() does; ClusterError when
  /// two of them are of one engine.
  auto get_dict() const requires(!std::is_void_v<T>) {
    std::vector<T> values = get();
    std::vector<int> engines;
    for (const AsyncResult<T>& result : *this)
      engines.push_back(result.info().engine);
    return detail::by_engine<T>(engines, std::move(values));
  }

  /// As AsyncResult::on_done, once when all tasks have ended, in whichever way.
  template <class Callback>
  void on_done(Callback&& callback) const {
    this->call_when_done(*this, std::forward<Callback>(callback));
  }

  /// In a coroutine `co_await results` is get() without keeping the thread: see Coroutine.
  auto operator co_await() const { return detail::ResultAwaiter<JoinedResults>(*this); }
};

/// Joins a range of AsyncResults; EngineResults and JoinedResults are such ranges.
template <detail::ResultRange Range>
JoinedResults<detail::ValueIn<Range>> join(Range&& results) {
  std::vector<AsyncResult<detail::ValueIn<Range>>> all;
  for (const auto& result : results)
    all.push_back(result);
  return JoinedResults<detail::ValueIn<Range>>(std::move(all));
}

/// Joins single results.
template <class T, std::same_as<AsyncResult<T>>... More>
JoinedResults<T> join(const AsyncResult<T>& first, const More&... more) {
  return JoinedResults<T>(std::vector<AsyncResult<T>>{first, more...});
}

/// Joins ranges of results of one type, one behind the other.
template <detail::ResultRange First, detail::ResultRange... More>
requires(sizeof...(More) > 0 &&
         (std::same_as<detail::ValueIn<First>, detail::ValueIn<More>> && ...))
    JoinedResults<detail::ValueIn<First>> join(const First& first, const More&... more) {
  std::vector<AsyncResult<detail::ValueIn<First>>> all(first.begin(), first.end());
  (all.insert(all.end(), more.begin(), more.end()), ...);
  return JoinedResults<detail::ValueIn<First>>(std::move(all));
}

}  // namespace muster
