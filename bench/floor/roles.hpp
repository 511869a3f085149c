#pragma once
// The other processes of a bare broker: forked from the client's before it has threads or sockets.

#include <functional>
#include <vector>

#include <sys/types.h>

namespace muster::bench {

/// They end with this object at the latest, or when their parent does. A run that hangs is ended
/// after a bound, so that a bug here is no endless benchmark.
class Roles {
 public:
  Roles();
  Roles(const Roles&) = delete;
  Roles& operator=(const Roles&) = delete;
  ~Roles() { end(); }

  /// Runs `role` in a process of its own; it isn't expected to return.
  void start(const std::function<void()>& role);

  /// Ends them. To be called before the client's socket closes: a broker whose client is gone in
  /// mid-task takes that for a failure.
  void end();

 private:
  std::vector<pid_t> pids_;
};

}  // namespace muster::bench
