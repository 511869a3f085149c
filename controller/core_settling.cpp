// How tasks end: their outcomes go to their clients, and the controller forgets them.

#include <string>

#include "controller/core.hpp"
#include "controller/keeping.hpp"

namespace muster::controller {

using wire::Header;
using wire::Kind;
using wire::OutcomeKind;

/// The end of a task, or of a row's first items, `how.count` of them: the outcome goes into their
/// session's lane, which keeps it until the library has it, and the controller forgets the rest.
void Core::settle_first(TaskRef ref, const Header& how, wire::Bytes options, wire::Bytes body,
                        const wire::LargeBodyPtr& large) {
  const Task& task = scheduler_[ref];
  ClientSession& session = *sessions_.get(task.session);
  Header header = how;
  header.kind = Kind::outcome;
  header.session = 0;
  header.counter = task.counter;
  if (!session.detached) {
    if (large) {
      session.lane.append_streaming(header, options, large);
    } else {
      session.lane.append(header, options, body);
    }
    outcomes_changed(task.session);
  }
  const auto kind = static_cast<OutcomeKind>(how.flags);
  const EngineRef engine = how.code == none ? none : Keeping::process_name(*this, how.code).engine;
  session.settle(task.counter, how.count, kind, engine);
  if (task.awaits()) session.behind_gates -= how.count;
  if (session.gates.any()) tell_who_waits(task, how, engine, body, large);
  if (!(task.history && task.history->stands_in)) {
    remember(task, how, options);
    session.completed += how.count;
    counts_.settled += how.count;
    if (kind != OutcomeKind::value) {
      counts_.failed += how.count;
      if (config_.history_file) note_failure(body, large);
    }
    if (session.kept) {
      keep_ended(session, task, how, options, body, large);
      if (session.detached && !session.values.empty()) values_due_ = true;
      settle_stand_ins(task, how, options, body, large);
    }
  }
  // A row would give them back with each part of it; what runs again is one task.
  if (task.history && task.history->runs_again) {
    for (const std::string_view name : wire::names_in(task.history->options.values))
      session.values.give_back(name);
    values_due_ = true;
  }
  scheduler_.forget_first(ref, how.count);
  if (session.peer != nullptr) touch(*session.peer);
}

void Core::settle_without_value(TaskRef ref, OutcomeKind kind, const std::string& text) {
  wire::Ending ending;
  ending.text = text;
  const Task& task = scheduler_[ref];
  if (task.history) ending.deaths = task.history->crashes;
  const detail::Buffer body = wire::pack(ending);
  for (std::uint32_t left = task.count; left > 0; --left)
    settle_by_controller(ref, kind, body.bytes());
}

/// No engine has said this outcome; what is known of the latest attempt goes with it.
void Core::settle_by_controller(TaskRef ref, OutcomeKind kind, wire::Bytes body) {
  const Task& task = scheduler_[ref];
  Header how{.flags = static_cast<std::uint8_t>(kind), .starts = task.starts, .code = none};
  if (task.state == Task::State::held && task.running)
    how.code = fleet_.engines[task.engine].active;
  wire::EncodedTimes times{};
  wire::Bytes options;
  if (task.history && task.history->last_process != none) {
    if (how.code == none) how.code = task.history->last_process;
    if (how.code == task.history->last_process && task.history->last_run) {
      times = encode(*task.history->last_run);
      options = times;
    }
  }
  if (how.code != none) declare_once(*sessions_.get(task.session), how.code);
  settle_first(ref, how, options, body);
}

void Core::settle_cancelled(TaskRef ref) {
  settle_without_value(ref, OutcomeKind::cancelled, "the task was cancelled");
}

/// The end of a task that lost its attempt and gets no other.
void Core::settle_ended(TaskRef ref) {
  const Task& task = scheduler_[ref];
  if (task.cancel_wished) {
    settle_cancelled(ref);
  } else if (task.target() != none) {
    settle_without_value(ref, OutcomeKind::engine_lost,
                         "the process of engine " + std::to_string(task.target()) +
                             ", to which the task was addressed, has ended");
  } else {
    settle_without_value(ref, OutcomeKind::quarantined,
                         "the task ended the process that ran it, " +
                             std::to_string(task.history->crashes.size()) + " times");
  }
}

}  // namespace muster::controller
