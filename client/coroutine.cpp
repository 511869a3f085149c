#include <chrono>
#include <utility>

#include <muster/coroutine.hpp>

#include "client/callbacks.hpp"

namespace muster::detail {
namespace {

[[noreturn]] void refuse_to_wait() {
  throw WouldBlock(
      "a coroutine would have to be waited for in a callback or in another coroutine, where "
      "nothing may wait: co_await it");
}

}  // namespace

bool CoroutineEnd::ready() const {
  const std::scoped_lock lock(mutex_);
  return is_ended_;
}

void CoroutineEnd::wait() const {
  std::unique_lock lock(mutex_);
  if (is_ended_) return;
  if (client::in_callback()) refuse_to_wait();
  ended_.wait(lock, [this] { return is_ended_; });
}

bool CoroutineEnd::wait_for(std::chrono::nanoseconds patience) const {
  std::unique_lock lock(mutex_);
  if (is_ended_ || patience <= std::chrono::nanoseconds(0)) return is_ended_;
  if (client::in_callback()) refuse_to_wait();
  return ended_.wait_until(lock, deadline_after(patience), [this] { return is_ended_; });
}

bool CoroutineEnd::resume_at_end(std::coroutine_handle<> waiting) {
  const std::scoped_lock lock(mutex_);
  if (!is_ended_) waiting_.push_back(waiting);
  return !is_ended_;
}

void CoroutineEnd::announce() {
  std::vector<std::coroutine_handle<>> waiting;
  {
    const std::scoped_lock lock(mutex_);
    is_ended_ = true;
    waiting = std::move(waiting_);
    ended_.notify_all();
  }
  for (const std::coroutine_handle<> one : waiting)
    one.resume();
}

}  // namespace muster::detail
