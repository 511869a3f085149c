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
  return self.done();
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
