#include <utility>

#include <muster/coroutine.hpp>

#include "client/callbacks.hpp"

namespace muster::detail {

bool CoroutineEnd::ready() const {
  const std::scoped_lock lock(mutex_);
  return is_ended_;
}

void CoroutineEnd::wait() const {
  std::unique_lock lock(mutex_);
  if (is_ended_) return;
  if (client::in_callback()) {
    throw WouldBlock(
        "a coroutine would have to be waited for in a callback or in another coroutine, where "
        "nothing may wait: co_await it");
  }
  ended_.wait(lock, [this] { return is_ended_; });
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
