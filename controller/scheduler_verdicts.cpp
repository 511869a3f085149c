// What becomes of a task that an engine didn't finish, or finished with an exception (rule 14).

#include <cassert>
#include <utility>

#include "controller/scheduler.hpp"

namespace muster::controller {

Scheduler::Verdict Scheduler::charge_crash(TaskRef ref, wire::Death death) {
  Task& task = tasks_[ref];
  TaskHistory& past = history(task);
  past.tried.push_back(death.engine);
  past.crashes.push_back(std::move(death));
  // It was executing, so it had started, whether or not the engine lived to say so.
  if (task.starts < UINT8_MAX) ++task.starts;
  detach(ref);
  const bool over = past.crashes.size() >= past.options.max_crashes || runs_at_most_once(task);
  if (over || task.cancel_wished) return Verdict::final;
  queue_again(ref);
  return Verdict::again;
}

/// Rule 17: what is addressed is bound to the process that it was dispatched to.
bool Scheduler::runs_at_most_once(const Task& task) {
  return task.target() != none;
}

bool Scheduler::has_retries(TaskRef ref) const {
  const Task& task = tasks_[ref];
  return may_retry(ref) && task.history->exceptions < task.history->options.retries;
}

bool Scheduler::may_retry(TaskRef ref) const {
  const Task& task = tasks_[ref];
  return task.history && task.history->options.retries > 0 && !runs_at_most_once(task);
}

Scheduler::Verdict Scheduler::charge_exception(TaskRef ref, EngineRef engine) {
  Task& task = tasks_[ref];
  detach(ref);
  if (!has_retries(ref)) return Verdict::final;
  ++task.history->exceptions;
  task.history->tried.push_back(engine);
  if (task.starts < UINT8_MAX) ++task.starts;
  queue_again(ref);
  return Verdict::again;
}

void Scheduler::try_elsewhere(TaskRef ref, std::vector<EngineRef> engines) {
  Task& task = tasks_[ref];
  detach(ref);
  history(task).where = std::move(engines);
  if (task.starts < UINT8_MAX) ++task.starts;
  queue_again(ref);
}

Scheduler::Verdict Scheduler::move(TaskRef ref) {
  Task& task = tasks_[ref];
  if (task.running && task.starts < UINT8_MAX) ++task.starts;
  if (task.state == Task::State::held) {
    engines_[task.engine].gave_back = true;
    take_from_engine(ref);
  }
  if (task.history) ++task.history->moves;
  if (task.cancel_wished) return Verdict::final;
  // What is addressed was never started there, or waits for the end of its process to be concluded,
  // which ends it.
  queue_again(ref);
  return Verdict::again;
}

void Scheduler::lend(TaskRef ref) {
  assert(tasks_[ref].state == Task::State::waiting);
  unqueue(ref);
  Task& task = tasks_[ref];
  task.state = Task::State::lent;
  task.running = true;
  task.attempt = std::uint64_t{config_.epoch} << 32 | ++dispatches_;
}

void Scheduler::take_back(TaskRef ref, bool began) {
  Task& task = tasks_[ref];
  assert(task.state == Task::State::lent);
  if (began && task.starts < UINT8_MAX) ++task.starts;
  task.running = false;
  detach(ref);
  queue_again(ref);
}

/// From wherever it is.
void Scheduler::detach(TaskRef ref) {
  Task& task = tasks_[ref];
  if (task.state == Task::State::held) take_from_engine(ref);
  if (task.state == Task::State::waiting) unqueue(ref);
  task.state = Task::State::detached;
}

TaskHistory& Scheduler::history(Task& task) {
  if (!task.history) task.history = std::make_unique<TaskHistory>();
  return *task.history;
}

}  // namespace muster::controller
