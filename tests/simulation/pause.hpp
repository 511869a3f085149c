#pragma once
// SIGSTOP and SIGCONT for a simulated process: what comes to it meanwhile waits.

#include <deque>
#include <functional>

#include "tests/simulation/world.hpp"

namespace muster::simulation {

class Pause {
 public:
  /// `go_on` is called when the process runs again: its timers may be due.
  Pause(World& world, std::function<void()> go_on) : world_(world), go_on_(std::move(go_on)) {}

  bool stopped() const { return world_.now() < until_; }
  /// Stops the process for `length` from now. Requires that its owner outlives the world's events.
  void stop(Duration length);
  /// Now, or, in order, when the process runs again.
  void when_running(std::function<void()> event);
  /// What waits happens now, as when somebody reads the sockets to their end.
  void catch_up();

 private:
  void resume();

  World& world_;
  std::function<void()> go_on_;
  Instant until_{};
  std::deque<std::function<void()>> waiting_;
};

}  // namespace muster::simulation
