#pragma once
// How a coroutine waits for a task.

#include <coroutine>
#include <utility>

#include <muster/detail/callback.hpp>
#include <muster/detail/pending.hpp>

namespace muster::detail {

/// Resumes the coroutine as a callback; `Results` is a handle with ready(), on_done() and get().
template <class Results>
class ResultAwaiter {
 public:
  explicit ResultAwaiter(Results results) : results_(std::move(results)) {}

  bool await_ready() const { return results_.ready(); }
  /// The coroutine may go on, and end, before on_done() has returned: nothing of it, nor of this
  /// object, may be touched from then on.
  void await_suspend(std::coroutine_handle<> waiting) const {
    const Results results = results_;
    results.on_done([waiting] { waiting.resume(); });
  }
  decltype(auto) await_resume() const { return results_.get(); }

 private:
  Results results_;
};

}  // namespace muster::detail
