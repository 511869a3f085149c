#pragma once
// A thread that waits for something to become true of its connection.

#include <condition_variable>
#include <utility>

namespace muster::client {

/// On that thread's stack. Both under the connection's mutex: whoever changes the connection's
/// state asks `done` and calls those that are, and no others.
class Waiter {
 public:
  virtual bool done() const = 0;
  std::condition_variable called;

 protected:
  ~Waiter() = default;
};

/// The one that waits for what `Condition`, a callable, says.
template <class Condition>
class ConditionWaiter final : public Waiter {
 public:
  explicit ConditionWaiter(Condition condition) : condition_(std::move(condition)) {}
  bool done() const override { return condition_(); }

 private:
  Condition condition_;
};

}  // namespace muster::client
