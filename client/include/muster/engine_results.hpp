#pragma once
// The future results of one call on several engines.

#include <chrono>
#include <cstddef>
#include <exception>
#include <map>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <muster/async_result.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/deadline.hpp>
#include <muster/detail/pending.hpp>
#include <muster/detail/result_row.hpp>
#include <muster/error.hpp>
#include <muster/outcome.hpp>

namespace muster {

namespace detail {

/// What the engines of one call have answered, in the order of the call.
template <class T>
struct Answers {
  const std::vector<int>& engines;
  const std::vector<AsyncResult<T>>& results;

  /// Calls `each(index, body)` for those that ended with a value, and then throws a CompositeError
  /// if some didn't. What `each` throws is an error of its engine. Requires that all have ended.
  template <class Each>
  void for_each(Each&& each) const {
    std::vector<CompositeError::Part> failures;
    collect(failures, each);
    if (!failures.empty()) throw CompositeError(std::move(failures));
  }

  /// The same, but puts the errors into `failures`.
  template <class Each>
  void collect(std::vector<CompositeError::Part>& failures, Each&& each) const {
    for (std::size_t i = 0; i < results.size(); ++i) {
      try {
        each(i, value(TaskReference(results[i]).task()));
      } catch (const ConnectionLost&) {
        throw;  // no engine's own; the others have no other
      } catch (...) {
        failures.push_back({i, std::current_exception(), engines[i]});
      }
    }
  }
};

template <class T>
std::vector<Outcome<T>> outcomes_of(const std::vector<AsyncResult<T>>& results) {
  std::vector<Outcome<T>> outcomes;
  for (const AsyncResult<T>& result : results)
    outcomes.push_back(result.get(return_exceptions));
  return outcomes;
}

/// One value for each engine.
template <class T>
struct OneEach {
  using Part = T;
  using Values = std::conditional_t<std::is_void_v<T>, void, std::vector<T>>;

  Values operator()(const Answers<T>& answers) const requires(!std::is_void_v<T>) {
    Values values;
    values.reserve(answers.results.size());
    answers.for_each([&](std::size_t, std::span<const std::byte> body) {
      values.push_back(decode_result<T>(body));
    });
    return values;
  }
  void operator()(const Answers<T>& answers) const requires std::is_void_v<T> {
    answers.for_each(
        [](std::size_t, std::span<const std::byte> body) { decode_result<void>(body); });
  }
  std::vector<Outcome<T>> outcomes(const Answers<T>& answers) const {
    return outcomes_of(answers.results);
  }
};

}  // namespace detail

/// A handle, like AsyncResult: copies name the same tasks, one on each engine, and dropping the
/// last one neither cancels nor waits. All members may be called from any thread. It is a range of
/// the engines' AsyncResults, so as_completed() and wait() take it.
///
/// `Join` says what get() makes of the engines' values; by default a std::vector with one for each,
/// in the order of the view's targets (nothing for a function that returns nothing).
template <class T, class Join = detail::OneEach<T>>
class EngineResults : public detail::ResultRow<T> {
 public:
  using Values = typename Join::Values;

  EngineResults() = default;
  /// Requires as many results as engines.
  EngineResults(std::vector<int> engines, std::vector<AsyncResult<T>> results, Join join = {})
      : detail::ResultRow<T>(std::move(results)),
        engines_(std::move(engines)),
        join_(std::move(join)) {}

  /// Blocks until all tasks have ended; gives what they returned. If some have failed, if only one,
  /// throws a CompositeError that has every error, with its engine; ConnectionLost when the cluster
  /// is gone. May be repeated.
  Values get() const {
    this->wait();
    return join_(detail::Answers<T>{engines_, this->split()});
  }

  /// The same, but throws TimedOut (Limit::wait) when that takes longer than `patience`. The tasks
  /// go on.
  template <class Count, class Period>
  Values get(std::chrono::duration<Count, Period> patience) const {
    if (!this->wait_for(patience)) throw TimedOut(Limit::wait, detail::in_nanoseconds(patience));
    return get();
  }

  /// Blocks until all tasks have ended; gives the value or the error of each engine, or, of a map,
  /// of each item, in the order of get().
  std::vector<Outcome<typename Join::Part>> get(ReturnExceptions) const {
    this->wait();
    return join_.outcomes(detail::Answers<T>{engines_, this->split()});
  }

  /// The values by their engines' ids. Blocks and throws as get() does; ClusterError when two of
  /// them are of one engine.
  auto get_dict() const requires(std::is_same_v<Join, detail::OneEach<T>> && !std::is_void_v<T>) {
    return detail::by_engine<T>(engines_, get());
  }

  /// As AsyncResult::on_done, once when all tasks have ended, in whichever way.
  template <class Callback>
  void on_done(Callback&& callback) const {
    this->call_when_done(*this, std::forward<Callback>(callback));
  }

  /// In a coroutine `co_await results` is get() without keeping the thread: see Coroutine.
  auto operator co_await() const { return detail::ResultAwaiter<EngineResults>(*this); }

  /// The ids of the engines, in the order of the results.
  const std::vector<int>& engines() const { return engines_; }

 private:
  std::vector<int> engines_;
  Join join_{};
};

}  // namespace muster
