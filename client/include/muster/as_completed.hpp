#pragma once
// Results in the order in which their tasks end.

#include <chrono>
#include <cstddef>
#include <iterator>
#include <optional>
#include <ranges>
#include <utility>

#include <muster/async_result.hpp>
#include <muster/detail/arrivals.hpp>
#include <muster/detail/deadline.hpp>
#include <muster/error.hpp>

namespace muster {

/// The results of some tasks, each once, as soon as its task has ended in whichever way. After
/// concurrent.futures.as_completed; more tasks may be added while one iterates, as a search does
/// that decides by what it has found what to try next:
///
///     auto trials = muster::as_completed(first);
///     for (const auto& trial : trials)
///       if (better(trial.get())) trials.add(view.apply<f>(next()));
///
/// Move-only; for one thread at a time. All results are of one client. It holds the results until
/// they are given; dropping it neither cancels nor waits.
template <class T>
class CompletedResults {
 public:
  class Iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using difference_type = std::ptrdiff_t;
    using value_type = AsyncResult<T>;

    Iterator() = default;
    explicit Iterator(CompletedResults& results) : results_(&results) {}

    /// Its task has ended: get() doesn't block.
    const AsyncResult<T>& operator*() const { return *results_->current_; }
    const AsyncResult<T>* operator->() const { return &*results_->current_; }
    /// Blocks until another one has ended, if there is one.
    Iterator& operator++() {
      results_->current_ = results_->next();
      return *this;
    }
    void operator++(int) { ++*this; }

    bool operator==(std::default_sentinel_t) const { return !results_->current_; }

   private:
    CompletedResults* results_ = nullptr;
  };

  CompletedResults() = default;
  CompletedResults(CompletedResults&&) noexcept = default;
  CompletedResults& operator=(CompletedResults&&) noexcept = default;

  /// Never blocks. Throws ClusterError when the result names no task, or one of another client than
  /// those that are still to come.
  void add(const AsyncResult<T>& result) { arrivals_.add(TaskReference(result).task()); }

  /// How many next() is still going to give.
  std::size_t size() const { return arrivals_.size(); }
  bool empty() const { return size() == 0; }

  /// Blocks until the next task has ended and gives its result; nothing when all were given.
  std::optional<AsyncResult<T>> next() {
    return take(std::chrono::steady_clock::time_point::max());
  }

  /// The same, but throws TimedOut (Limit::wait) when that takes longer than `patience`. No result
  /// is lost by that.
  template <class Count, class Period>
  std::optional<AsyncResult<T>> next(std::chrono::duration<Count, Period> patience) {
    auto result = take(detail::deadline_after(patience));
    if (!result && !empty()) throw TimedOut(Limit::wait, detail::in_nanoseconds(patience));
    return result;
  }

  /// Blocks until a task has ended, if there is one. A second loop goes on behind the result that
  /// was given last.
  Iterator begin() {
    current_ = next();
    return Iterator(*this);
  }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  std::optional<AsyncResult<T>> take(std::chrono::steady_clock::time_point end) {
    if (empty()) return std::nullopt;
    detail::PendingPtr task = arrivals_.next(end);
    if (!task) return std::nullopt;
    return AsyncResult<T>(std::move(task));
  }

  detail::Arrivals arrivals_;
  std::optional<AsyncResult<T>> current_;
};

namespace detail {

template <class>
inline constexpr bool is_async_result = false;
template <class T>
inline constexpr bool is_async_result<AsyncResult<T>> = true;

template <class>
struct ValueOf;
template <class T>
struct ValueOf<AsyncResult<T>> {
  using Type = T;
};

/// A range of AsyncResults, const or not.
template <class Range>
concept ResultRange =
    std::ranges::input_range<Range> && is_async_result<std::ranges::range_value_t<Range>>;

template <ResultRange Range>
using ValueIn = typename ValueOf<std::ranges::range_value_t<Range>>::Type;

}  // namespace detail

/// The results of a range in the order in which their tasks end. Doesn't block. Copies the handles,
/// so the range may go. Throws as CompletedResults::add does.
template <detail::ResultRange Range>
CompletedResults<detail::ValueIn<Range>> as_completed(Range&& results) {
  CompletedResults<detail::ValueIn<Range>> completed;
  for (const auto& result : results)
    completed.add(result);
  return completed;
}

}  // namespace muster
