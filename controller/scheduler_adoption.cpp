// Tasks that a predecessor of this controller had dispatched, and that their clients say again
// (rule 7): parked until it is known whether an engine holds them, then held by it, or queued.

#include <algorithm>
#include <cassert>
#include <utility>

#include "controller/scheduler.hpp"

namespace muster::controller {

bool Scheduler::may_adopt(TaskRef ref, std::uint64_t attempt) const {
  return attempt > tasks_[ref].known_attempt();
}

/// At its place among what the engine was given before and after it.
void Scheduler::adopt(TaskRef ref, EngineRef engine, std::uint64_t attempt, wire::Instant now) {
  assert(may_adopt(ref, attempt) && active_image(engine) != none);
  detach(ref);
  Task& task = tasks_[ref];
  task.parked = false;
  task.attempt = attempt;
  task.dispatch_sequence = 0;  // no message of this link has carried it
  task.running = false;
  TaskRef before = engines_[engine].last;
  while (before != none && tasks_[before].attempt > attempt)
    before = tasks_[before].previous;
  hold(ref, engine, before, now);
  place_again(engine, false);
}

void Scheduler::unpark(TaskRef ref) {
  Task& task = tasks_[ref];
  task.parked = false;
  if (task.state == Task::State::arriving) enqueue(ref, false);
}

void Scheduler::set_arguments(TaskRef ref, Payload payload, wire::LargeBodyPtr body) {
  Task& task = tasks_[ref];
  const std::size_t before = task.argument_bytes();
  task.payload = std::move(payload);
  task.history->body = std::move(body);
  if (task.state == Task::State::held)
    engines_[task.engine].bytes += task.argument_bytes() - before;
}

void Scheduler::gate_is_open(TaskRef ref) {
  Task& task = tasks_[ref];
  task.history->gate = 0;
  if (task.state == Task::State::arriving) enqueue(ref, false);
}

void Scheduler::values_are_whole(TaskRef ref) {
  Task& task = tasks_[ref];
  task.history->lacks_values = false;
  if (task.state == Task::State::arriving) enqueue(ref, false);
}

void Scheduler::name_is_free(TaskRef ref) {
  Task& task = tasks_[ref];
  task.history->asks_file = false;
  if (task.state == Task::State::arriving) enqueue(ref, false);
}

void Scheduler::body_is_whole(TaskRef ref, wire::LargeBodyPtr body) {
  Task& task = tasks_[ref];
  task.body_missing = false;
  history(task).body = std::move(body);
  if (task.state == Task::State::held) {
    engines_[task.engine].bytes += task.history->body->size();
    place_again(task.engine, false);
  } else {
    enqueue(ref, false);
  }
}

}  // namespace muster::controller
