// How any thread waits for a connection, and drives it while it waits.

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <string>
#include <utility>

#include <poll.h>

#include <muster/error.hpp>

#include "client/connection.hpp"
#include "protocol/clock.hpp"

namespace muster::detail {
namespace {

using wire::now;

using client::Instant;
using namespace std::chrono_literals;

}  // namespace

bool Connection::wait_for_outcome(const Pending& task, Instant end) {
  refuse_after_fork();
  return wait_until(end, [&] { return task.is_settled(); });
}

bool Connection::wait_for_all(Instant end) {
  refuse_after_fork();
  return wait_until(end, [&] { return session_.open() == 0 || !lost_.empty(); });
}

bool Connection::wait_for_completion(const Completions& completions, Instant end) {
  refuse_after_fork();
  return wait_until(end, [&] { return !completions.empty(); });
}

bool Connection::wait_for_outcomes(const ItemOutcomes& outcomes, std::size_t room_for,
                                   Instant end) {
  refuse_after_fork();
  return wait_until(end, [&] {
    return !outcomes.empty() ||
           (room_for > 0 &&
            ((session_.has_room(room_for) && !pushes_.before(-1)) || !lost_.empty()));
  });
}

void Connection::announce(Pending& task, std::shared_ptr<Completions> completions,
                          std::size_t index) {
  refuse_after_fork();
  const Lock lock(mutex_);
  task.announce(std::move(completions), index);
  if (task.is_settled()) call_those_done(nullptr);  // no news is to come
}

std::string Connection::ask(wire::Topic topic, Buffer question) {
  refuse_after_fork();
  Lock lock(mutex_);
  throw_if_lost();
  const std::uint64_t number = session_.ask(topic, std::move(question));
  exchange(now(), nullptr);
  client::ConditionWaiter waiter(
      [this, number] { return session_.answered(number) || !lost_.empty(); });
  try {
    wait(waiter, Instant::max(), lock);
  } catch (...) {
    session_.take_answer(number);
    throw;
  }
  const client::Questions::Answer answer = session_.take_answer(number);
  if (!answer.whole) throw_if_lost();
  if (answer.refused) throw ClusterError(answer.body);
  return answer.body;
}

bool Connection::wait_for_callbacks(const client::Callbacks& callbacks) {
  wait_until(Instant::max(), [&] { return callbacks.due() || !lost_.empty(); });
  return callbacks.due();
}

void Connection::call_waiters_anew() {
  const Lock lock(mutex_);
  call_those_done(nullptr);
}

bool Connection::wait(client::Waiter& self, Instant end, Lock& lock) {
  if (self.done()) return true;
  if (client::in_callback() && (end == Instant::max() || now() < end)) {
    throw WouldBlock(
        "this call would have to wait, and it was made in a callback: what it waits for may be "
        "what the next callback does. Ask for a callback, or make the call on another thread");
  }
  if (own_engine_ != nullptr && own_engine_->executes_here()) {
    wait_by_running(self, end, lock);
  } else {
    wait_only(self, end, lock);
  }
  return self.done();
}

/// Rule 33: what nobody has begun is run here meanwhile.
void Connection::wait_by_running(client::Waiter& self, Instant end, Lock& lock) {
  session_.begin_borrowing();
  for (;;) {
    const bool over = self.done() || (end != Instant::max() && now() >= end);
    // Some quick ones that are here already: to give them back and ask again would take longer.
    if (over && !session_.borrows_quick()) break;
    if (auto task = session_.take_borrowed(own_floor_)) {
      run_here(*std::move(task), lock);
      continue;
    }
    if (over) break;
    if (session_.may_ask_back(own_floor_)) {
      session_.ask_back(own_floor_);
      exchange(now(), nullptr);
    }
    client::ConditionWaiter until([&] {
      return self.done() || session_.has_borrowed(own_floor_) || session_.may_ask_back(own_floor_);
    });
    if (!until.done()) wait_only(until, end, lock);
  }
  session_.end_borrowing();
  exchange(now(), nullptr);
  // Nobody tells this process that they are needed no longer.
  if (own_floor_ != 0) return;
  for (const BoundStore::Held& held : own_values_.held())
    own_values_.forget(held.name);
}

void Connection::run_here(client::Session::OwnTask task, Lock& lock) {
  // What it submits and waits for is its own; its siblings stay where they are.
  const std::uint64_t floor = std::exchange(own_floor_, session_.next_counter());
  lock.unlock();
  wire::Bytes arguments = task.arguments.bytes();
  if (task.large) arguments = task.large->pieces().front().bytes();
  for (const BoundValuePtr& value : task.values) {
    if (value->arguments) {
      arguments = value->body.bytes();
    } else if (!own_values_.has(value->name)) {
      own_values_.put(value->name, value, value->body.bytes());
    }
  }
  Buffer result;
  const Instant began = now();
  const wire::OutcomeKind kind =
      own_engine_->run_here(task.entry, arguments, task.task.starts,
                            task.values.empty() ? nullptr : &own_values_, task.shared, result);
  const Instant ended = now();
  lock.lock();
  own_floor_ = floor;
  session_.finish_borrowed(task.task, kind, std::move(result), began, ended);
  exchange(now(), nullptr);
}

void Connection::wait_only(client::Waiter& self, Instant end, Lock& lock) {
  waiters_.push_back(&self);
  while (!self.done() && (end == Instant::max() || now() < end)) {
    if (driver_ == nullptr && !left_) {
      drive(self, end, lock);
    } else if (end == Instant::max()) {
      self.called.wait(lock);
    } else {
      self.called.wait_until(lock, end);
    }
  }
  std::erase(waiters_, &self);
  if (driver_ == nullptr) leave_seat();
}

/// Until `self` has what it waits for, or `end`.
void Connection::drive(client::Waiter& self, Instant end, Lock& lock) {
  driver_ = &self;
  watch_tasks(false);
  for (;;) {
    const Instant time = now();
    exchange(time, &self);
    if (self.done() || time >= end) break;
    if (task_.dry()) {
      sleep_as_driver(std::min(end, task_.retry()), lock);
    } else {
      // So much has arrived that others should have their turn in between.
      lock.unlock();
      lock.lock();
    }
  }
  driver_ = nullptr;
}

void Connection::sleep_as_driver(Instant end, Lock& lock) {
  std::array<pollfd, 2> fds{pollfd{task_.descriptor(), POLLIN, 0},
                            pollfd{driver_bell_.descriptor(), POLLIN, 0}};
  driver_asleep_ = true;
  lock.unlock();
  timespec left{};
  if (end != Instant::max()) {
    const std::chrono::nanoseconds time = std::max<std::chrono::nanoseconds>(end - now(), 0ns);
    left.tv_sec = time.count() / 1'000'000'000;
    left.tv_nsec = time.count() % 1'000'000'000;
  }
  ::ppoll(fds.data(), fds.size(), end == Instant::max() ? nullptr : &left, nullptr);
  if (fds[1].revents != 0) driver_bell_.silence();
  lock.lock();
  driver_asleep_ = false;
  if (fds[0].revents != 0) task_.stir();
}

/// True when nothing but news from outside gives anyone something to do.
bool Connection::at_rest() const {
  return task_.dry() && control_.dry() && task_.retry() == Instant::max() &&
         control_.retry() == Instant::max();
}

/// Somebody goes on watching what is open: the thread that has waited longest, or else the
/// connection's own.
void Connection::leave_seat() {
  if (left_) {
    seat_left_.notify_all();
    return;
  }
  for (client::Waiter* waiter : waiters_) {
    if (waiter->done()) continue;
    waiter->called.notify_one();
    return;
  }
  if (session_.open() == 0 && task_.retry() == Instant::max()) return;
  if (thread_naps_) return;
  if (!task_.dry()) exchange(now(), nullptr);
  watch_tasks(true);
  if (!at_rest() && std::exchange(thread_asleep_, false)) thread_bell_.ring();
}

}  // namespace muster::detail
