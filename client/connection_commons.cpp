// Wishes for locks, counters and queues (rule 36), as any other question but that the answer may be
// long in coming, and may be given up.

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

#include <muster/error.hpp>

#include "client/callbacks.hpp"
#include "client/connection.hpp"
#include "protocol/clock.hpp"
#include "protocol/commons.hpp"

namespace muster::detail {

using client::Instant;
using wire::CommonsAnswer;
using wire::CommonsVerb;
using wire::CommonsWish;
using wire::now;

namespace {

constexpr std::chrono::seconds lock_patience{5};

}  // namespace

/// Under the mutex.
std::uint64_t Connection::say_wish(CommonsWish wish) {
  wish.known_below = wishes_.empty() ? last_wish_ + 1 : *wishes_.begin();
  last_wish_ = session_.ask(wire::Topic::commons, wire::pack(wish));
  wishes_.insert(last_wish_);
  return last_wish_;
}

/// The same. Requires that it is answered, or that the connection is lost.
client::Questions::Answer Connection::take_wish(std::uint64_t number) {
  wishes_.erase(number);
  return session_.take_answer(number);
}

std::optional<CommonsAnswer> Connection::wish(CommonsWish wish, Instant end, Meanwhile meanwhile) {
  refuse_after_fork();
  if (client::in_callback()) {
    throw WouldBlock(
        "a lock, a counter or a queue has to wait for the controller, and was used in a callback: "
        "do that on another thread");
  }
  Lock lock(mutex_);
  throw_if_lost();
  const bool waits = end > now();
  wish.waits = waits;
  const std::string name = wish.name;
  const std::uint64_t number = say_wish(std::move(wish));
  exchange(now(), nullptr);
  const auto wait_for = [&](client::Waiter& waiter, Instant until) {
    if (waiter.done()) return;
    if (meanwhile == Meanwhile::run_tasks) {
      wait(waiter, until, lock);
    } else {
      wait_only(waiter, until, lock);
    }
  };
  client::ConditionWaiter answered(
      [this, number] { return session_.answered(number) || !lost_.empty(); });
  const Instant until = waits ? end : Instant::max();
  if (meanwhile == Meanwhile::hold) {
    wait_for(answered, std::min(until, now() + lock_patience));
    if (!answered.done() && now() < until) {
      say("this program has waited for 5 s for the lock '" + name +
          "'; muster status shows who has it");
    }
  }
  wait_for(answered, until);
  if (!answered.done()) {
    // It may be fulfilled in this moment; the answer says.
    const std::uint64_t withdrawal =
        say_wish({.verb = static_cast<std::uint8_t>(CommonsVerb::withdraw),
                  .name = name,
                  .amount = static_cast<std::int64_t>(number)});
    exchange(now(), nullptr);
    client::ConditionWaiter both([&] {
      return (session_.answered(number) && session_.answered(withdrawal)) || !lost_.empty();
    });
    wait_for(both, Instant::max());
    take_wish(withdrawal);
  }
  const client::Questions::Answer answer = take_wish(number);
  if (!answer.whole) throw_if_lost();
  if (answer.refused) throw ClusterError(answer.body);
  auto said = wire::unpack<CommonsAnswer>(wire::bytes_of(answer.body));
  if (!said) throw ClusterError("the controller's answer can't be read");
  const auto ending = static_cast<wire::CommonsEnding>(said->ending);
  if (ending == wire::CommonsEnding::not_now) return std::nullopt;
  // Before anything else can happen to the connection.
  if (meanwhile == Meanwhile::hold) {
    auto held = std::make_shared<client::HeldLock>();
    held->name = name;
    held->fence = said->number;
    leases_.add(std::move(held));
  }
  return said;
}

std::shared_ptr<client::HeldLock> Connection::held_lock(const std::string& name,
                                                        std::int64_t fence) {
  const Lock lock(mutex_);
  for (const auto& held : leases_.held()) {
    if (held->name == name && held->fence == fence) return held;
  }
  return nullptr;
}

bool Connection::forget_lock(const client::HeldLock* held) {
  const Lock lock(mutex_);
  return leases_.remove(held);
}

/// The connection's own thread.
void Connection::look_at_leases(Instant time) {
  if (leases_.empty()) return;
  // When the cluster has ended nobody gets them any more.
  const client::Leases::Duty duty =
      lost_.empty() ? client::Leases::duty(notices_.silence(time)) : client::Leases::Duty::stop;
  if (duty == client::Leases::Duty::nothing) return;
  if (duty == client::Leases::Duty::end) {
    say("this program is cut off from the cluster and still has the lock '" +
        leases_.held().front()->name +
        "', which others are given soon: it didn't let it go when it was asked to stop, so this "
        "process ends");
    ::_exit(EXIT_FAILURE);
  }
  std::vector<std::stop_source> sources = leases_.to_be_asked();
  if (sources.empty()) return;
  // What runs then is the user's, and may well let the lock go, which waits for this thread.
  std::thread([sources = std::move(sources)]() mutable {
    for (std::stop_source& source : sources)
      source.request_stop();
  }).detach();
}

}  // namespace muster::detail
