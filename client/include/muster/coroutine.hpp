#pragma once
// A function that waits for results without keeping a thread.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <exception>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <muster/detail/deadline.hpp>
#include <muster/error.hpp>
#include <muster/outcome.hpp>

namespace muster {

template <class T>
class Coroutine;

namespace detail {

/// What a coroutine and those that wait for it share.
class CoroutineEnd {
 public:
  bool ready() const;
  /// Blocks. Throws WouldBlock in a callback.
  void wait() const;
  /// The same, no longer than this; false when it hasn't ended by then.
  bool wait_for(std::chrono::nanoseconds patience) const;
  /// Resumes this one at the end; false when that has come already.
  bool resume_at_end(std::coroutine_handle<> waiting);
  /// True for the one who may write the outcome, the first who asks.
  bool claim() { return !claimed_.test_and_set(); }
  /// The outcome is there.
  void announce();

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable ended_;
  bool is_ended_ = false;
  std::vector<std::coroutine_handle<>> waiting_;
  std::atomic_flag claimed_;
};

template <class T>
struct CoroutineState : CoroutineEnd {
  std::variant<std::monostate, typename Outcome<T>::Value, std::exception_ptr> outcome;
};

/// Destroys the coroutine before it says that it has ended: when the one who waits goes on, what
/// the coroutine held is gone, a view on a cluster for instance.
template <class Promise>
[[gnu::noinline]] void end_coroutine(std::coroutine_handle<Promise> coroutine) noexcept {
  const auto state = coroutine.promise().state();
  coroutine.destroy();
  state->announce();
}

template <class T>
struct CoroutinePromise;

template <class T>
struct CoroutineFinal {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<CoroutinePromise<T>> coroutine) const noexcept {
    end_coroutine(coroutine);
  }
  void await_resume() const noexcept {}
};

template <class T>
class CoroutinePromiseBase {
 public:
  Coroutine<T> get_return_object();
  /// It runs at once, on the thread that calls it, until it has to wait.
  std::suspend_never initial_suspend() const noexcept { return {}; }
  CoroutineFinal<T> final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept {
    state_->outcome.template emplace<2>(std::current_exception());
  }
  const std::shared_ptr<CoroutineState<T>>& state() const { return state_; }

 protected:
  std::shared_ptr<CoroutineState<T>> state_ = std::make_shared<CoroutineState<T>>();
};

template <class T>
struct CoroutinePromise : CoroutinePromiseBase<T> {
  template <class Value>
  void return_value(Value&& value) {
    this->state_->outcome.template emplace<1>(std::forward<Value>(value));
  }
};

template <>
struct CoroutinePromise<void> : CoroutinePromiseBase<void> {
  void return_void() { this->state_->outcome.emplace<1>(); }
};

}  // namespace detail

/// What a coroutine returns that waits for results with `co_await`:
///
///     muster::Coroutine<double> refine(muster::LoadBalancedView view, double x) {
///       const double first = co_await view.apply<f>(x);
///       co_return co_await view.apply<g>(first);
///     }
///     double answer = refine(view, 1.0).get();
///
/// It begins at once, on the thread that calls it, and goes on there until it awaits what isn't
/// ready; so two that are called one after the other run side by side. From then on it is resumed
/// as callbacks are made (AsyncResult::on_done): one coroutine at a time, on the client's thread
/// for them. There it may call all that a callback may, and a call that would have to wait for the
/// cluster throws WouldBlock, instead of a deadlock: co_await the result instead. Long computations
/// of its own keep the other coroutines waiting.
///
/// What can be awaited: AsyncResult, EngineResults, JoinedResults, another Coroutine, and what
/// when_all and when_any give. An error is thrown where the result is awaited.
///
/// A handle, move-only. Dropping it neither cancels nor waits: the coroutine goes on. It ends at
/// the latest when the cluster is left, with ConnectionLost where it waits. Parameters that are
/// references have to outlive it.
template <class T>
class [[nodiscard]] Coroutine {
 public:
  using promise_type = detail::CoroutinePromise<T>;

  Coroutine() = default;
  explicit Coroutine(std::shared_ptr<detail::CoroutineState<T>> state) : state_(std::move(state)) {}
  Coroutine(Coroutine&&) noexcept = default;
  Coroutine& operator=(Coroutine&&) noexcept = default;

  /// It has returned or thrown. Never blocks.
  bool ready() const { return state().ready(); }
  /// Blocks until it has. Throws WouldBlock in a callback or a coroutine: co_await it there.
  void wait() const { state().wait(); }
  /// No longer than this; false when it hasn't by then.
  template <class Count, class Period>
  bool wait_for(std::chrono::duration<Count, Period> patience) const {
    return state().wait_for(detail::in_nanoseconds(patience));
  }
  /// The same, and gives what it has returned or throws what it has thrown, each time.
  T get() const& {
    wait();
    return value();
  }
  T get() && {
    wait();
    return std::move(*this).value();
  }
  /// Throws TimedOut after so long, and the coroutine goes on: its result can be got later.
  template <class Count, class Period>
  T get(std::chrono::duration<Count, Period> patience) const& {
    if (!wait_for(patience)) throw TimedOut(Limit::wait, detail::in_nanoseconds(patience));
    return value();
  }
  template <class Count, class Period>
  T get(std::chrono::duration<Count, Period> patience) && {
    if (!wait_for(patience)) throw TimedOut(Limit::wait, detail::in_nanoseconds(patience));
    return std::move(*this).value();
  }

  bool valid() const noexcept { return state_ != nullptr; }

  /// In a coroutine `co_await` waits without keeping the thread. It gives a copy of the value of
  /// one that has a name, and takes the value of `std::move(one)` or of a call.
  auto operator co_await() const& { return Awaiter<false>(*this); }
  auto operator co_await() && { return Awaiter<true>(*this); }

 private:
  using State = std::shared_ptr<detail::CoroutineState<T>>;

  template <bool takes>
  class Awaiter {
   public:
    explicit Awaiter(const Coroutine& awaited) : awaited_(awaited.state_) { awaited.state(); }
    bool await_ready() const { return awaited_.ready(); }
    bool await_suspend(std::coroutine_handle<> waiting) const {
      // Held here: this object goes with the coroutine that waits, which may go on and end
      // meanwhile.
      const State state = awaited_.state_;
      return state->resume_at_end(waiting);
    }
    T await_resume() {
      if constexpr (takes) {
        return std::move(awaited_).value();
      } else {
        return awaited_.value();
      }
    }

   private:
    Coroutine awaited_;
  };

  detail::CoroutineState<T>& state() const {
    if (!state_)
      throw ClusterError("this Coroutine names none: it was default constructed or moved from");
    return *state_;
  }
  /// Requires ready().
  T value() const& {
    rethrow();
    if constexpr (!std::is_void_v<T>) return std::get<1>(state_->outcome);
  }
  T value() && {
    rethrow();
    if constexpr (!std::is_void_v<T>) return std::get<1>(std::move(state_->outcome));
  }
  void rethrow() const {
    if (const auto* error = std::get_if<2>(&state_->outcome)) std::rethrow_exception(*error);
  }

  State state_;
};

namespace detail {

template <class T>
Coroutine<T> CoroutinePromiseBase<T>::get_return_object() {
  return Coroutine<T>(state_);
}

}  // namespace detail
}  // namespace muster
