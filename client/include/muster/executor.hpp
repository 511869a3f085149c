#pragma once
// Tasks in the manner of Python's concurrent.futures.

#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

#include <muster/detail/arrivals.hpp>
#include <muster/error.hpp>
#include <muster/load_balanced_view.hpp>
#include <muster/view_options.hpp>

namespace muster {

struct ShutdownOptions {
  bool wait = true;             ///< until what was submitted has ended
  bool cancel_futures = false;  ///< also what runs already: it is asked to stop
};

namespace detail {

/// The tasks of an executor that have not ended, and whether it takes more. Any thread.
class ExecutorTasks {
 public:
  /// Throws ClusterError after the shutdown.
  void refuse_after_shutdown() const;
  /// Never blocks.
  void add(const PendingPtr& task);
  void shutdown(const ShutdownOptions& options);
  void end() noexcept;

 private:
  mutable std::mutex mutex_;
  Arrivals open_;
  bool is_shut_ = false;
};

}  // namespace detail

/// A load-balanced view that knows what was submitted through it, and at its end waits for that:
///
///     muster::Executor executor(cluster.load_balanced_view());
///     muster::AsyncResult<double> energy = executor.submit<simulate>(300.0);
///     for (double e : executor.map<simulate>(temperatures)) use(e);
///
/// Move-only. All members but the destructor may be called from any thread.
class Executor {
 public:
  explicit Executor(LoadBalancedView view)
      : view_(std::move(view)), tasks_(std::make_unique<detail::ExecutorTasks>()) {}
  Executor(Executor&&) noexcept = default;
  /// The one that is replaced is not shut down: what it submitted goes on.
  Executor& operator=(Executor&&) noexcept = default;
  /// shutdown(), of one that wasn't moved from. In a callback it doesn't wait.
  ~Executor() {
    if (tasks_) tasks_->end();
  }

  /// As LoadBalancedView::apply. Throws ClusterError after the shutdown.
  template <auto F, class... Arguments>
  auto submit(Arguments&&... arguments) {
    tasks_->refuse_after_shutdown();
    return noted(view_.apply<F>(std::forward<Arguments>(arguments)...));
  }
  template <class F, class... Arguments>
  auto submit(F f, Arguments&&... arguments) {
    tasks_->refuse_after_shutdown();
    return noted(view_.apply(f, std::forward<Arguments>(arguments)...));
  }

  /// As LoadBalancedView::map. A map reads its input as its results are taken, so whoever holds it
  /// waits for it, and cancels it: the shutdown doesn't. Throws ClusterError after the shutdown.
  template <auto F, class... Ranges>
  auto map(Ranges&&... ranges) {
    tasks_->refuse_after_shutdown();
    return view_.map<F>(std::forward<Ranges>(ranges)...);
  }
  template <class F, class... Ranges>
  auto map(F f, Ranges&&... ranges) {
    tasks_->refuse_after_shutdown();
    return view_.map(f, std::forward<Ranges>(ranges)...);
  }

  /// Takes nothing more from anyone, and waits for what submit() has taken, whose results stay as
  /// they are. May be repeated, to wait after all. In a callback, where nothing may wait, it throws
  /// WouldBlock if it would have to.
  void shutdown(const ShutdownOptions& options = {}) { tasks_->shutdown(options); }

  const LoadBalancedView& view() const { return view_; }

 private:
  template <class Result>
  Result noted(Result result) {
    if constexpr (std::is_convertible_v<Result, TaskReference> &&
                  !std::is_same_v<Result, detail::Refused>) {
      tasks_->add(TaskReference(result).task());
    }
    return result;
  }

  LoadBalancedView view_;
  std::unique_ptr<detail::ExecutorTasks> tasks_;
};

}  // namespace muster
