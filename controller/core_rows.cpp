// Rows of tasks that don't stay together: one item is charged, cancelled or given back, and the
// session's table has to name the parts (rule 18).

#include <algorithm>
#include <vector>

#include "controller/core.hpp"

namespace muster::controller {

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
