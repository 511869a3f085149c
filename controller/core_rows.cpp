// Rows of tasks that don't stay together: one item is charged, cancelled or given back, and the
// session's table has to name the parts (rule 18).

#include <algorithm>
#include <vector>

#include "controller/core.hpp"
#include "controller/core_lending.hpp"
#include "protocol/item_row.hpp"
#include "protocol/outcome_times.hpp"

namespace muster::controller {
namespace {

/// When `count` of the `all` items of an outcome ran, behind the first `before` of them.
wire::EncodedTimes part_of(const wire::OutcomeTimes& times, std::uint64_t before,
                           std::uint64_t count, std::uint64_t all) {
  const auto share = [&](std::uint64_t items) {
    return static_cast<std::int64_t>(static_cast<double>(times.run_ns) *
                                     static_cast<double>(items) / static_cast<double>(all));
  };
  return wire::encode({.started_ns = times.started_ns + share(before), .run_ns = share(count)});
}

}  // namespace

/// From now on no task has this counter and the one before it.
void Core::cut(ClientSession& session, std::uint64_t counter) {
  const TaskRef ref = session.find(counter);
  if (ref >= ClientSession::unseen || scheduler_[ref].counter == counter) return;
  const TaskRef fresh = scheduler_.split(ref, counter);
  session.reassign(scheduler_[fresh].counter, scheduler_[fresh].count, fresh);
}

/// Makes this item, which is open, a task of its own.
TaskRef Core::isolate(ClientSession& session, std::uint64_t counter) {
  cut(session, counter);
  cut(session, counter + 1);
  return session.find(counter);
}

/// Values of neighbours in one record. As far as they have shared one fate they are settled, and
/// passed on, as one; what is left of them item by item.
void Core::take_outcomes(ClientSession& session, ProcessRef process, const wire::Record& record,
                         Instant now) {
  if (static_cast<wire::OutcomeKind>(record.flags) != wire::OutcomeKind::value) return;
  const EngineRef engine = process_names_[process].engine;
  const std::uint64_t first = record.counter;
  const std::uint64_t end = std::min(first + record.count, session.end());
  const auto times = wire::decode_outcome_times(record.options);
  bool learned = !times.has_value();
  for (std::uint64_t counter = first; counter < end;) {
    const TaskRef ref = session.find(counter);
    if (ref >= ClientSession::unseen) {
      ++counts_.dropped_outcomes;
      ++counter;
      continue;
    }
    const Task& task = scheduler_[ref];
    const bool plain = scheduler_.is_current(ref, engine, record.attempt) && !task.cancel_wished &&
                       !(task.history && task.history->passed);
    const auto before = static_cast<std::uint32_t>(counter - first);
    const auto count =
        static_cast<std::uint32_t>(plain ? std::min(end, task.counter + task.count) - counter : 1);
    wire::Bytes body = record.body;
    wire::Bytes options = record.options;
    detail::Buffer own_body;
    wire::EncodedTimes own_times;
    if (count != record.count) {
      own_body = wire::part_of_row(record.body, before, count);
      body = own_body.bytes();
      if (times) {
        own_times = part_of(*times, before, count, record.count);
        options = own_times;
      }
    }
    if (plain) {
      if (!std::exchange(learned, true)) {
        scheduler_.learn(engine, task.code, times->run_ns / record.count, now, record.count);
        timeline_.add(process, task.code, times->started_ns, times->run_ns, false, record.count);
      }
      note_completed(session, process, count);
      cut(session, counter);
      settle_first(
          session.find(counter),
          wire::Header{
              .flags = record.flags, .starts = record.starts, .count = count, .code = process},
          options, body);
    } else {
      wire::Record one = record;
      one.count = 1;
      one.counter = counter;
      one.options = options;
      one.body = body;
      take_outcome(session, process, one, now, nullptr);
    }
    counter += count;
  }
  if (scheduler_.held(engine) == 0) place_due_ = true;
}

/// An attempt is gone through no fault of its task.
void Core::move_or_cancel(TaskRef ref) {
  if (settle_if_late(ref)) return;
  ClientSession& session = *sessions_.get(scheduler_[ref].session);
  const std::uint64_t first = scheduler_[ref].counter;
  if (scheduler_[ref].running && scheduler_[ref].count > 1) {
    // Only the first item was started. What is moved last goes to the front.
    cut(session, first + 1);
    move_or_cancel(session.find(first + 1));
    ref = session.find(first);
  }
  ++counts_.moves;
  if (scheduler_.move(ref) == Scheduler::Verdict::final) settle_ended(ref);
  place_due_ = true;
}

void Core::apply_returned(Peer& peer, const wire::Record& record) {
  ClientSession* session = sessions_.get(session_named(peer, record.session));
  if (session == nullptr) return;
  const std::uint64_t end = std::min(record.counter + record.count, session->end());
  const std::size_t taken =
      take_back(*session, record.counter, end, fleet_.get(peer.index)->engine, record.attempt);
  if (record.flags != 0) counts_.recalled += taken;
  Lending{*this}.came_back(*session, record.counter, end);
}

/// This engine doesn't have these items of an attempt any more. Returns how many they were.
std::size_t Core::take_back(ClientSession& session, std::uint64_t first, std::uint64_t end,
                            EngineRef engine, std::uint64_t attempt) {
  std::vector<TaskRef> parts;
  std::size_t items = 0;
  for (std::uint64_t counter = first; counter < end;) {
    const TaskRef ref = session.find(counter);
    if (ref >= ClientSession::unseen || !scheduler_.is_current(ref, engine, attempt)) {
      ++counter;
      continue;
    }
    cut(session, counter);
    cut(session, end);
    parts.push_back(session.find(counter));
    counter += scheduler_[parts.back()].count;
    items += scheduler_[parts.back()].count;
  }
  // The last one first: each goes to the front.
  for (auto part = parts.rbegin(); part != parts.rend(); ++part)
    move_or_cancel(*part);
  return items;
}

}  // namespace muster::controller
