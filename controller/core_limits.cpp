// Time limits of tasks. The controller keeps queue and total; an engine keeps the run limit of what
// it executes, and its node ends the process if it doesn't (rule 19).
//
// Once a limit has passed, a task that waits ends at once. One that an engine holds ends by what
// the engine answers (rule 15): `returned` ends it. One that runs is left alone by its queue limit;
// its total limit asks it to stop, and ends its process when it doesn't.

#include <algorithm>
#include <cstdint>

#include "controller/core.hpp"
#include "protocol/limits.hpp"
#include "protocol/time_limit.hpp"

namespace muster::controller {
namespace {

using wire::CancelDemand;
using wire::Header;
using wire::OutcomeKind;

/// User code has been given this task, in this attempt or an earlier one.
bool has_started(const Task& task) {
  return task.starts > 0 || task.running;
}

std::int64_t nanoseconds_of(const wire::TaskOptions& options, Limit limit) {
  switch (limit) {
    case Limit::queue:
      return options.queue_ns;
    case Limit::run:
      return options.run_ns;
    case Limit::total:
      return options.total_ns;
    case Limit::init:
      return options.init_ns;
    case Limit::wait:
      break;  // the caller's own, which doesn't travel
  }
  return 0;
}

}  // namespace

void Core::watch_limits(TaskRef ref, Instant submitted) {
  const Task& task = scheduler_[ref];
  const wire::TaskOptions& options = task.history->options;
  for (const Limit limit : {Limit::queue, Limit::total}) {
    const Instant end = wire::limit_after(submitted, nanoseconds_of(options, limit));
    if (end == Instant::max()) continue;
    for (std::uint32_t i = 0; i < task.count; ++i) {
      deadlines_.add(
          {.when = end, .session = task.session, .counter = task.counter + i, .limit = limit});
    }
  }
  if (deadlines_.wants_sweep()) {
    deadlines_.sweep([this](const Deadlines::Entry& entry) { return task_of(entry) == none; });
  }
}

/// The open task that the entry is about, or none.
TaskRef Core::task_of(const Deadlines::Entry& entry) const {
  const ClientSession* session = sessions_.get(entry.session);
  const TaskRef task = session == nullptr ? none : session->find(entry.counter);
  return task < ClientSession::unseen ? task : none;
}

/// So that `deadline()` is one of a task that is open.
void Core::forget_settled_deadlines() {
  while (!deadlines_.empty() && task_of(deadlines_.first()) == none)
    deadlines_.take_first();
}

void Core::pass_limits(Instant now) {
  while (deadlines_.next() <= now) {
    const Deadlines::Entry entry = deadlines_.take_first();
    if (task_of(entry) == none) continue;
    // An item's limit is its own, whatever row it is in.
    pass_limit(entry, isolate(*sessions_.get(entry.session), entry.counter), now);
  }
}

void Core::pass_limit(const Deadlines::Entry& entry, TaskRef ref, Instant now) {
  Task& task = scheduler_[ref];
  const bool total_passed = task.history->passed == Limit::total;
  if (task.parked && (entry.limit == Limit::queue || task.cancel_wished)) {
    look_again_at(entry, now);  // an engine may have started it long ago
    return;
  }
  if (entry.limit == Limit::queue && task.state == Task::State::lent && task.starts == 0) {
    look_again_at(entry, now);  // it may come back without having begun
    return;
  }
  if (entry.limit == Limit::queue && (has_started(task) || total_passed || task.cancel_wished))
    return;
  // A large outcome that is still on its way at the total limit comes too late.
  const bool outcome_late = entry.limit == Limit::total && drop_arriving_outcome(task);
  if (task.state != Task::State::held || outcome_late) {
    settle_timed_out(ref, entry.limit);
    return;
  }
  task.history->passed = entry.limit;
  const Process* holder = fleet_.get(fleet_.engines[task.engine].active);
  if (entry.limit == Limit::queue) {
    order_stop(task, CancelDemand::give_back);
  } else if (task.running && entry.orders > 0 && holder != nullptr) {
    order_end(*holder);
  } else {
    order_stop(task);
  }
  // An order may be lost with its link, and what was asked to stop may not.
  Deadlines::Entry ordered = entry;
  ++ordered.orders;
  look_again_at(ordered, now);
}

void Core::look_again_at(Deadlines::Entry entry, Instant now) {
  entry.when = now + wire::stop_grace;
  deadlines_.add(entry);
}

/// The task lost its attempt, or never began it, and a limit has passed meanwhile. One that
/// somebody wished to cancel can only end Cancelled (rule 16).
bool Core::settle_if_late(TaskRef ref) {
  Task& task = scheduler_[ref];
  if (!task.history || !task.history->passed || task.cancel_wished) return false;
  const Limit limit = *task.history->passed;
  if (limit == Limit::queue && has_started(task)) return false;
  if (task.running && task.starts < UINT8_MAX) ++task.starts;
  settle_timed_out(ref, limit);
  return true;
}

/// Like rule 16: once the controller has applied a total limit, a value comes too late.
bool Core::drop_late_outcome(TaskRef ref, const wire::Record& record, bool current) {
  Task& task = scheduler_[ref];
  const bool total_passed = task.history->passed == Limit::total;
  const bool over_run_limit = static_cast<OutcomeKind>(record.flags) == OutcomeKind::timed_out;
  // The engine has dropped what the function returned; its outcome stands for that.
  if (total_passed || over_run_limit) ++counts_.dropped_outcomes;
  if (total_passed && current) {
    task.starts = record.starts;
    settle_timed_out(ref, Limit::total);
  }
  return total_passed || (over_run_limit && !current);
}

void Core::settle_timed_out(TaskRef ref, Limit limit) {
  const Task& task = scheduler_[ref];
  wire::Ending ending = wire::ending_of(limit, nanoseconds_of(task.history->options, limit));
  const wire::Resources& needs = task.history->needs;
  if (!needs.empty() && !has_started(task)) {
    const wire::Resources missing = missing_resources(task.session, &needs);
    if (!missing.empty()) ending.text = wire::add_what_is_missing(ending.text, missing.list());
  }
  settle_by_controller(ref, OutcomeKind::timed_out, wire::pack(ending).bytes());
  place_due_ = true;
}

/// Its process ended because of it. That is final, whatever retries it has, and no crash.
void Core::settle_overdue_task(TaskRef ref, bool initializing) {
  Task& task = scheduler_[ref];
  task.running = true;
  const Limit limit = initializing ? Limit::init : Limit::run;
  // One that was asked to stop in an attempt of which it is no longer known why: it has no limit.
  const bool limited = task.history && (nanoseconds_of(task.history->options, limit) > 0 ||
                                        task.history->passed == Limit::total);
  if (task.cancel_wished || !limited) {
    move_or_cancel(ref);
    return;
  }
  if (task.history->passed != Limit::total) task.history->passed = limit;
  settle_if_late(ref);
}

}  // namespace muster::controller
