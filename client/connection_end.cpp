// How a connection ends: its program is done with it, or the cluster is gone.

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>

#include "client/callbacks.hpp"
#include "client/connection.hpp"
#include "client/fork_generation.hpp"
#include "client/lingering_connections.hpp"
#include "protocol/clock.hpp"

namespace muster::detail {
namespace {

using wire::now;

using client::Instant;
using namespace std::chrono_literals;

/// How long open tasks are waited for before they are given up.
constexpr auto leave_wait = 5s;
constexpr const char* closed_by_program = "this program has closed its client";

}  // namespace

void Connection::leave() {
  if (begin_to_linger()) {
    client::LingeringConnections::of_this_process().add(shared_from_this());
  } else {
    close();
  }
}

/// False when the program holds no result that is still to come.
bool Connection::begin_to_linger() {
  if (client::fork_generation() != generation_) return false;
  const Lock lock(mutex_);
  if (!lost_.empty() || !session_.has_awaited()) return false;
  lingers_ = true;
  lingers_at_least_until_ = now() + leave_wait;
  thread_bell_.ring();
  return true;
}

void Connection::close() {
  if (client::fork_generation() != generation_) {
    // A child after fork has no such thread, and its copies of the sockets must not say anything.
    thread_.detach();
    new std::shared_ptr<Connection>(shared_from_this());
    return;
  }
  const client::WaitsAllowed waits_allowed;  // the last handle may go in a callback
  wait_until(now() + leave_wait, [this] { return !lost_.empty() || !leaves_tasks(); });
  {
    const Lock lock(mutex_);
    say_what_is_left();
  }
  abandon(closed_by_program);
  thread_.join();
  callbacks_->finish();
}

bool Connection::has_left() {
  const Lock lock(mutex_);
  return left_;
}

/// To leave now gives tasks up.
bool Connection::leaves_tasks() const {
  return session_.open_of_own() > 0 && !(kept_ && session_.all_is_said());
}

void Connection::say_what_is_left() const {
  if (!leaves_tasks()) return;
  const std::size_t open = session_.open_of_own();
  std::fprintf(stderr,
               "muster: %zu %s not ended 5 s after the program was done with %s; %s given up "
               "(get() waits for a task)\n",
               open, open == 1 ? "task had" : "tasks had", open == 1 ? "it" : "them",
               open == 1 ? "it is" : "they are");
}

void Connection::abandon(const std::string& reason) {
  {
    const std::scoped_lock lock(mutex_);
    if (leave_reason_.empty()) leave_reason_ = reason;
  }
  thread_bell_.ring();
}

void Connection::end_callbacks() {
  const client::WaitsAllowed waits_allowed;
  wait_until(Instant::max(), [this] { return !lost_.empty(); });
  callbacks_->finish();
}

/// By the connection's own thread, once the program's last handle has gone: nobody can submit any
/// more, and what was submitted ends as it does when a handle goes while no result is awaited.
void Connection::look_at_awaited(Instant time) {
  if (!lingers_ || session_.has_awaited()) return;
  if (leaves_tasks() && time < lingers_at_least_until_) return;
  say_what_is_left();
  leave_reason_ = closed_by_program;
}

}  // namespace muster::detail
