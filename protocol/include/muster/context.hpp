#pragma once
// What a running task may ask about itself.

#include <stop_token>

namespace muster {

/// A task that has a parameter of type `Context&`, at any position, is given its context by the
/// engine; the caller passes nothing for it. Valid until the task returns; for the task's own
/// thread, except for the stop token, which may be handed on.
class Context {
 public:
  /// The id of the engine that runs this task; it outlives the engine's process.
  virtual int engine() const = 0;
  /// 1 the first time this task is started and one more at each later start. Being moved before it
  /// has started doesn't count.
  virtual int attempt() const = 0;
  /// Asked to stop when the task is cancelled, has passed its run or total limit, or has settled
  /// elsewhere meanwhile. A task that wants it alone can take a `std::stop_token` parameter
  /// instead.
  virtual std::stop_token stop() const = 0;

 protected:
  Context() = default;
  Context(const Context&) = default;
  Context& operator=(const Context&) = default;
  ~Context() = default;  // nobody owns a task through its context
};

}  // namespace muster
