#pragma once
// What is to be called when tasks have ended.

#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <muster/detail/pending.hpp>

namespace muster::detail {

/// Called once, or never when the process ends before; then destroyed, on the same thread.
class Callback {
 public:
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  virtual ~Callback() = default;
  virtual void call() = 0;

 protected:
  Callback() = default;
};

template <class Call>
class CallbackOf final : public Callback {
 public:
  explicit CallbackOf(Call call) : call_(std::move(call)) {}
  void call() override { call_(); }

 private:
  Call call_;
};

template <class Call>
std::unique_ptr<Callback> make_callback(Call call) {
  return std::make_unique<CallbackOf<Call>>(std::move(call));
}

/// Calls a user's callback with the results that it is for, or without if it wants none.
template <class Results, class Call>
std::unique_ptr<Callback> make_callback_with(Results results, Call&& call) {
  using Kept = std::decay_t<Call>;
  static_assert(std::is_invocable_v<Kept&, const Results&> || std::is_invocable_v<Kept&>,
                "on_done() calls back with the result, or with nothing");
  return make_callback(
      [results = std::move(results), call = Kept(std::forward<Call>(call))]() mutable {
        if constexpr (std::is_invocable_v<Kept&, const Results&>) {
          call(std::as_const(results));
        } else {
          call();
        }
      });
}

/// When the task has ended, on the thread of its connection's callbacks. Never blocks, and doesn't
/// call before it returns, unless the connection has been left.
void on_done(PendingPtr task, std::unique_ptr<Callback> callback);
/// When all of them have.
void on_all_done(const std::vector<PendingPtr>& tasks, std::unique_ptr<Callback> callback);

}  // namespace muster::detail
