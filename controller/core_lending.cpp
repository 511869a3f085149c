#include "controller/core_lending.hpp"

#include <algorithm>
#include <utility>

#include "protocol/lending.hpp"

namespace muster::controller {
namespace {

using wire::Header;
using wire::Kind;
using wire::OutcomeKind;

/// An engine has begun it, or it has ended processes, which is an engine's here; or it has looked
/// for something in vain where its client runs it.
bool is_for_engines(const Task& task) {
  return task.running ||
         (task.history && (task.history->engines_only || !task.history->crashes.empty()));
}

std::uint8_t next_start(const Task& task) {
  return static_cast<std::uint8_t>(std::min<unsigned>(task.starts + 1U, UINT8_MAX));
}

/// Anybody's, or it waits for something that its client can't give it.
bool may_be_lent(const Task& task) {
  return !is_for_engines(task) && !task.cancel_wished && !task.parked && task.target() == none &&
         !task.restricted() && !task.is_held_back() && !(task.history && task.history->stands_in) &&
         !(task.history && task.history->passed);
}

}  // namespace

bool Core::Lending::apply(Peer& client, const wire::Record& record) {
  ClientSession& session = *core.sessions_.get(client.index);
  if (record.kind == Kind::ask_back) {
    if (record.count == 0 || record.count > wire::ask_back_max) return false;
    for (std::uint32_t i = 0; i < record.count; ++i)
      ask_back(session, record.counter + i);
    return true;
  }
  switch (record.kind) {
    case Kind::outcome:
      if ((record.flags & wire::body_streams) != 0) return client.arriving.open(record);
      apply_outcome(client, record, nullptr);
      return true;
    case Kind::returned:
      if (const TaskRef task = lent_task(session, record); task != none) take_back(task, false);
      return true;
    default:
      return false;
  }
}

void Core::Lending::ask_back(ClientSession& session, std::uint64_t counter) {
  if (session.find(counter) >= ClientSession::unseen) {
    say_stays(session, counter);
    return;
  }
  session.borrows = true;
  const TaskRef ref = core.isolate(session, counter);
  Task& task = core.scheduler_[ref];
  if (task.state == Task::State::lent) return;  // that was said
  if (!may_be_lent(task)) {
    say_stays(session, counter);
  } else if (task.state == Task::State::waiting) {
    lend(session, ref);
  } else if (task.state == Task::State::held) {
    if (!task.history) task.history = std::make_unique<TaskHistory>();
    task.history->asked_back = true;
    core.order_stop(task, wire::CancelDemand::give_back);
  } else {
    say_stays(session, counter);
  }
}

void Core::Lending::lend(ClientSession& session, TaskRef ref) {
  core.scheduler_.lend(ref);
  const Task& task = core.scheduler_[ref];
  if (task.history) task.history->asked_back = false;
  session.lane.append(Header{.kind = Kind::lent,
                             .starts = next_start(task),
                             .attempt = task.attempt,
                             .counter = task.counter,
                             .code = wire::lent_on(session.lane.link())});
  if (session.peer != nullptr) core.touch(*session.peer);
}

void Core::Lending::say_stays(ClientSession& session, std::uint64_t counter) {
  session.lane.append(Header{.kind = Kind::lent,
                             .flags = wire::lent_stays,
                             .counter = counter,
                             .code = wire::lent_on(session.lane.link())});
  if (session.peer != nullptr) core.touch(*session.peer);
}

void Core::Lending::came_back(ClientSession& session, std::uint64_t first, std::uint64_t end) {
  if (!session.borrows) return;
  for (std::uint64_t counter = first; counter < end; ++counter) {
    const TaskRef ref = session.find(counter);
    if (ref >= ClientSession::unseen) continue;
    Task& task = core.scheduler_[ref];
    if (!task.history || !std::exchange(task.history->asked_back, false)) continue;
    if (task.state == Task::State::waiting && may_be_lent(task) && session.peer != nullptr) {
      lend(session, ref);
    } else {
      say_stays(session, counter);
    }
  }
}

void Core::Lending::has_begun(ClientSession& session, TaskRef ref) {
  const Task& task = core.scheduler_[ref];
  if (std::exchange(task.history->asked_back, false)) say_stays(session, task.counter);
}

/// The lent task that the record is about, or none: the attempt is over.
TaskRef Core::Lending::lent_task(const ClientSession& session, const wire::Record& record) const {
  const TaskRef ref = session.find(record.counter);
  if (ref >= ClientSession::unseen) return none;
  const Task& task = core.scheduler_[ref];
  return task.state == Task::State::lent && task.attempt == record.attempt ? ref : none;
}

void Core::Lending::apply_outcome(Peer& client, const wire::Record& record,
                                  wire::LargeBodyPtr large) {
  ClientSession& session = *core.sessions_.get(client.index);
  const TaskRef ref = lent_task(session, record);
  if (ref == none) {
    ++core.counts_.dropped_outcomes;
    return;
  }
  const auto kind = static_cast<OutcomeKind>(record.flags);
  // Here it may lack what another engine has; and what throws runs again while it may, here or
  // there.
  const bool again = kind == OutcomeKind::unmet ||
                     (kind == OutcomeKind::exception && core.scheduler_.has_retries(ref));
  if (again) {
    Task& task = core.scheduler_[ref];
    if (!task.history) task.history = std::make_unique<TaskHistory>();
    if (kind == OutcomeKind::exception) {
      ++task.history->exceptions;
    } else {
      task.history->engines_only = true;
    }
    take_back(ref, true);
    return;
  }
  const std::uint8_t starts = next_start(core.scheduler_[ref]);
  core.settle_first(ref, Header{.flags = record.flags, .starts = starts, .code = none},
                    record.options, record.body, large);
}

/// What has begun there is the engines' from now on.
void Core::Lending::take_back(TaskRef ref, bool began) {
  core.scheduler_.take_back(ref, began);
  core.place_due_ = true;
}

void Core::Lending::link_is_over(ClientSession& session) {
  if (!std::exchange(session.borrows, false)) return;
  for (const TaskRef ref : session.open_tasks()) {
    if (core.scheduler_[ref].state == Task::State::lent) take_back(ref, true);
  }
}

}  // namespace muster::controller
