// Bodies that stream through the controller: which task each belongs to, when it is whole, and
// where it goes next. Their bytes are moved, never looked at (rules 20 to 22).

#include <utility>

#include "controller/core.hpp"
#include "controller/core_lending.hpp"
#include "protocol/limits.hpp"

namespace muster::controller {
namespace {

using wire::Header;
using wire::LargeBody;
using wire::LargeBodyPtr;
using ArrivingBody = wire::Arriving<LargeBody>;

}  // namespace

/// False when no honest peer would have sent it.
bool Core::apply_chunk(Peer& peer, const wire::Record& record, const wire::SharedBytes& bytes,
                       Instant now) {
  if (peer.task == nullptr) return false;
  return peer.arriving.take(record, bytes, [&](ArrivingBody arrived) {
    auto body = std::make_shared<const LargeBody>(std::move(arrived.body));
    if (arrived.header.kind == wire::Kind::bind) {
      counts_.value_bytes_received += body->size();
      value_is_whole(peer.index, wire::text_of(arrived.options.bytes()), std::move(body));
    } else if (arrived.header.kind == wire::Kind::submit) {
      arguments_are_whole(peer, arrived.header.counter, std::move(body));
    } else {
      wire::Record outcome;
      static_cast<Header&>(outcome) = arrived.header;
      outcome.options = arrived.options.bytes();
      if (peer.role == wire::Role::client) {
        Lending{*this}.apply_outcome(peer, outcome, std::move(body));
      } else {
        apply_outcome(peer, outcome, now, std::move(body));
      }
    }
  });
}

/// Rule 20: from its header on the task was known; now it may start.
void Core::arguments_are_whole(Peer& client, std::uint64_t counter, LargeBodyPtr body) {
  const TaskRef ref = sessions_.get(client.index)->find(counter);
  if (ref >= ClientSession::unseen) return;  // cancelled meanwhile
  Task& task = scheduler_[ref];
  if (!task.body_missing) return;  // said again, and here already
  scheduler_.body_is_whole(ref, std::move(body));
  if (!scheduler_[ref].awaits()) fill_arguments(ref);
  place_due_ = true;
}

/// The link of a client is over, and its streams with it: those tasks were never submitted, and
/// will be again.
void Core::forget_arriving(Peer& client) {
  ClientSession& session = *sessions_.get(client.index);
  client.arriving.for_each([&](const Header& submission) {
    if (submission.kind != wire::Kind::submit) return;  // tasks that name a value wait on
    const TaskRef ref = session.find(submission.counter);
    if (ref >= ClientSession::unseen || scheduler_[ref].state != Task::State::arriving) return;
    forget_submission(session, ref);
  });
  client.arriving.clear();
}

/// A wish to cancel has come before the last chunk of the outcome: the rest isn't wanted.
bool Core::drop_arriving_outcome(const Task& task) {
  if (task.state != Task::State::held) return false;
  const Process* holder = fleet_.get(fleet_.engines[task.engine].active);
  if (holder == nullptr || holder->peer == nullptr) return false;
  Peer& engine = *holder->peer;
  const bool dropped = engine.arriving.drop_if([&](const Header& outcome) {
    return outcome.counter == task.counter && outcome.attempt == task.attempt &&
           session_named(engine, outcome.session) == task.session;
  });
  if (dropped) ++counts_.dropped_outcomes;
  return dropped;
}

}  // namespace muster::controller
