// Rows of tasks that are split, or lose their first items (rule 18).

#include <algorithm>
#include <cassert>
#include <memory>
#include <utility>

#include "controller/scheduler.hpp"

namespace muster::controller {

TaskRef Scheduler::split(TaskRef old, std::uint64_t counter) {
  const TaskRef fresh = tasks_.add();
  Task& task = tasks_[old];
  assert(counter > task.counter && counter < task.counter + task.count);
  const auto front = static_cast<std::uint32_t>(counter - task.counter);
  const std::uint32_t back = task.count - front;
  const bool fresh_is_front = front <= back;

  Task& part = tasks_[fresh];
  part.attempt = task.attempt;
  part.dispatch_sequence = task.dispatch_sequence;
  part.session = task.session;
  part.code = task.code;
  part.engine = task.engine;
  part.charge_ns = task.charge_ns;
  part.state = task.state;
  part.starts = task.starts;
  part.cancel_wished = task.cancel_wished;
  part.body_missing = task.body_missing;
  part.parked = task.parked;
  part.payload = task.payload;
  if (task.history) part.history = std::make_unique<TaskHistory>(*task.history);

  if (fresh_is_front) {
    part.counter = task.counter;
    part.count = front;
    task.count = back;
    task.counter = counter;
    part.running = task.running;  // it is the first item that runs
    task.running = false;
  } else {
    part.count = back;
    part.counter = counter;
    task.count = front;
  }
  place_part(fresh, old, fresh_is_front);
  return fresh;
}

/// Where the row was, the new part now is too, on its side of the old one.
void Scheduler::place_part(TaskRef fresh, TaskRef old, bool in_front) {
  Task& part = tasks_[fresh];
  Task& task = tasks_[old];
  if (task.state == Task::State::detached || task.state == Task::State::arriving) return;
  assert(task.state != Task::State::lent);  // such are single
  if (task.state == Task::State::waiting && task.target() != none) {
    std::deque<TaskRef>& queue = addressed_queue(task);
    const auto place = std::find(queue.begin(), queue.end(), old);
    queue.insert(in_front ? place : place + 1, fresh);
    return;
  }
  if (task.state == Task::State::waiting) {
    queue_of(task).add_beside(tasks_, fresh, old, in_front);
    return;
  }
  Engine& slot = engines_[task.engine];
  ++slot.held;
  ++held_;
  if (in_front) {
    part.next = old;
    part.previous = task.previous;
    (part.previous == none ? slot.first : tasks_[part.previous].next) = fresh;
    task.previous = fresh;
  } else {
    part.previous = old;
    part.next = task.next;
    (part.next == none ? slot.last : tasks_[part.next].previous) = fresh;
    task.next = fresh;
  }
  slot.bytes += part.argument_bytes();
  place_again(task.engine, false);
}

void Scheduler::forget_first(TaskRef ref, std::uint32_t items) {
  Task& task = tasks_[ref];
  assert(items > 0 && items <= task.count);
  if (task.count == items) {
    release(ref);
    return;
  }
  if (task.state == Task::State::waiting) {
    waiting_ -= items;
    // The row goes on waiting, so its image stays wanted and its set stays.
    if (task.target() == none) queue_of(task).forget(task.session, items);
    if (task.target() != none || task.restricted()) count_for_engines(task.session, 0, items);
  }
  task.counter += items;
  task.count -= items;
  task.running = false;
  if (task.state != Task::State::held) return;
  Engine& slot = engines_[task.engine];
  slot.items -= items;
  slot.work -= std::int64_t{task.charge_ns} * items;
  if (task.target() != none) slot.bound -= items;
  if (task.restricted()) slot.restricted -= items;
  place_again(task.engine, false);
}

}  // namespace muster::controller
