// Orders about tasks that an engine holds, and what it answers (rules 15 and 16).

#include <algorithm>

#include "controller/core.hpp"
#include "controller/core_lending.hpp"
#include "controller/keeping.hpp"

namespace muster::controller {
namespace {

using wire::CancelAnswer;
using wire::Header;
using wire::Kind;

}  // namespace

void Core::apply_wish(SessionRef whose, std::uint64_t counter) {
  ClientSession& session = *sessions_.get(whose);
  const auto answer = [&](CancelAnswer what) {
    if (session.detached) return;
    session.lane.append(
        Header{.kind = Kind::answer, .flags = static_cast<std::uint8_t>(what), .counter = counter});
    if (session.peer != nullptr) touch(*session.peer);
  };
  // One that is to be submitted again brings the wish along.
  if (session.find(counter) == ClientSession::unseen)
    return Keeping::note_wish(*this, session, counter);
  if (session.find(counter) == ClientSession::settled) {
    answer(CancelAnswer::finished);
    return;
  }
  const TaskRef ref = isolate(session, counter);
  Task& task = scheduler_[ref];
  if (task.history && task.history->stands_in) {
    answer(CancelAnswer::running);
    wish_original(whose, counter);
    return;
  }
  task.cancel_wished = true;
  if (task.parked) return;  // the answer is that of the engine which holds it, if one does
  if (task.state != Task::State::held) {
    // Its client may be running what it was lent.
    answer(task.state == Task::State::lent ? CancelAnswer::running : CancelAnswer::returned);
    settle_cancelled(ref);
    return;
  }
  if (drop_arriving_outcome(task)) {
    answer(CancelAnswer::running);  // it ran, and its value is dropped
    settle_cancelled(ref);
    place_due_ = true;
    return;
  }
  order_stop(task);
}

/// The message on the engine's link that carried the task; 0 for one that no message of it has.
std::uint64_t Core::carried_by(const Peer& engine, const Task& task) {
  if (task.dispatch_sequence == 0) return 0;
  const std::uint64_t next = engine.task->next_sequence();
  return next - (static_cast<std::uint32_t>(next) - task.dispatch_sequence);
}

/// To the engine that holds the task, if one does: give it back, or else what is demanded.
void Core::order_stop(const Task& task, wire::CancelDemand demand) {
  if (task.state != Task::State::held) return;
  const Process* holder = fleet_.get(fleet_.engines[task.engine].active);
  if (holder == nullptr || holder->peer == nullptr) return;
  order_cancel(*holder->peer, sessions_.get(task.session)->id, task.counter, task.attempt,
               carried_by(*holder->peer, task), task.count, demand);
}

void Core::order_cancel(Peer& engine, const wire::Uuid& session, std::uint64_t counter,
                        std::uint64_t attempt, std::uint64_t sequence, std::uint32_t count,
                        wire::CancelDemand demand) {
  wire::CancelOrder order;
  order.session = raw(session);
  order.sequence = sequence;
  const detail::Buffer body = wire::pack(order);
  engine.control.append(Header{.kind = Kind::cancel,
                               .flags = static_cast<std::uint8_t>(demand),
                               .attempt = attempt,
                               .counter = counter,
                               .count = count},
                        {}, body.bytes());
  touch(engine);
}

void Core::apply_answer(Peer& peer, const wire::Record& record) {
  ClientSession* session = sessions_.get(session_named(peer, record.session));
  const TaskRef ref = session == nullptr ? ClientSession::settled : session->find(record.counter);
  if (ref >= ClientSession::unseen) return;
  if (!scheduler_.is_current(ref, fleet_.get(peer.index)->engine, record.attempt)) return;
  if (static_cast<CancelAnswer>(record.flags) == CancelAnswer::running &&
      scheduler_[ref].counter == record.counter) {
    scheduler_[ref].running = true;
  }
  if (scheduler_[ref].history) Lending{*this}.has_begun(*session, ref);
  if (!scheduler_[ref].cancel_wished || session->peer == nullptr) return;
  // That it has finished there is too late for a value: this task can only end Cancelled (rule 16).
  const CancelAnswer there = static_cast<CancelAnswer>(record.flags);
  const CancelAnswer here = there == CancelAnswer::finished ? CancelAnswer::running : there;
  session->lane.append(Header{
      .kind = Kind::answer, .flags = static_cast<std::uint8_t>(here), .counter = record.counter});
  touch(*session->peer);
}

/// The one exception to "an engine keeps what it was given": others idle while it has too much.
void Core::recall_for_idle(Instant now) {
  for (const Scheduler::Recall& recall : scheduler_.recall(now))
    order_recall(recall);
}

void Core::order_recall(const Scheduler::Recall& recall) {
  if (recall.tasks.empty()) return;
  const Process* holder = fleet_.get(fleet_.engines[recall.engine].active);
  if (holder == nullptr || holder->peer == nullptr) return;
  wire::RecallOrder order;
  order.items = recall.items;
  for (const TaskRef task : recall.tasks) {
    order.attempts.push_back(scheduler_[task].attempt);
    order.sequence = std::max(order.sequence, carried_by(*holder->peer, scheduler_[task]));
  }
  const detail::Buffer body = wire::pack(order);
  holder->peer->control.append(Header{.kind = Kind::recall}, {}, body.bytes());
  ++counts_.recalls;
  touch(*holder->peer);
}

/// Everything that the engine gives back of a recall came before this.
void Core::apply_recalled(Peer& peer, Instant now) {
  const Process& process = *fleet_.get(peer.index);
  if (fleet_.engines[process.engine].active == peer.index) scheduler_.recalled(process.engine, now);
}

}  // namespace muster::controller
