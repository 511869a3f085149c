#include "tests/simulation/pause.hpp"

#include <algorithm>
#include <utility>

namespace muster::simulation {

void Pause::stop(Duration length) {
  const Instant until = world_.now() + length;
  if (until <= until_) return;
  until_ = until;
  world_.at(until, [this] { resume(); });
}

void Pause::when_running(std::function<void()> event) {
  if (stopped() || !waiting_.empty()) {
    waiting_.push_back(std::move(event));
  } else {
    event();
  }
}

// A loop that was stopped may see first that a timer is due, or first what its sockets have.
void Pause::resume() {
  if (stopped()) return;
  if (world_.random.chance(50)) go_on_();
  catch_up();
  go_on_();
}

void Pause::catch_up() {
  while (!waiting_.empty()) {
    const auto event = std::move(waiting_.front());
    waiting_.pop_front();
    event();
  }
}

}  // namespace muster::simulation
