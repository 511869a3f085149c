// Where tasks wait: a queue for each image, one for each set of engines that certain tasks are
// restricted to, and one of each engine for what is addressed to it.

#include <algorithm>

#include "controller/scheduler.hpp"

namespace muster::controller {

std::vector<TaskRef> Scheduler::addressed_tasks(EngineRef engine, ImageRef image) const {
  std::vector<TaskRef> tasks;
  if (engine >= engines_.size()) return tasks;
  for (const auto* queue : {&engines_[engine].addressed, &engines_[engine].blocked}) {
    for (const TaskRef task : *queue) {
      if (image_of(tasks_[task]) == image) tasks.push_back(task);
    }
  }
  return tasks;
}

void Scheduler::enqueue(TaskRef ref, bool in_front) {
  Task& task = tasks_[ref];
  if (task.parked || task.body_missing || task.is_held_back()) {
    task.state = Task::State::arriving;
    return;
  }
  waiting_ += task.count;
  if (task.target() != none) {
    enqueue_addressed(ref, in_front);
    return;
  }
  task.state = Task::State::waiting;
  if (task.restricted()) {
    enqueue_restricted(ref, in_front);
    return;
  }
  TaskQueue& queue = pool(image_of(task)).queue;
  const std::size_t before = queue.waiting();
  queue.add(tasks_, ref, in_front, blocked(task.session));
  note_wanted(image_of(task), before);
}

void Scheduler::enqueue_addressed(TaskRef ref, bool in_front) {
  Task& task = tasks_[ref];
  std::deque<TaskRef>& queue = addressed_queue(task);
  if (queue.empty() && !blocked(task.session)) addressed_.push_back(task.target());
  queue.insert(in_front ? queue.begin() : queue.end(), ref);
  task.state = Task::State::waiting;
  count_for_engines(task.session, task.count, 0);
}

void Scheduler::count_for_engines(SessionRef session, std::size_t more, std::size_t less) {
  if (session >= for_engines_.size()) for_engines_.resize(session + std::size_t{1});
  for_engines_[session] += more - less;
}

std::deque<TaskRef>& Scheduler::addressed_queue(const Task& task) {
  Engine& engine = engine_slot(task.target());
  return blocked(task.session) ? engine.blocked : engine.addressed;
}

void Scheduler::unqueue(TaskRef ref) {
  Task& task = tasks_[ref];
  waiting_ -= task.count;
  if (task.target() != none) {
    std::deque<TaskRef>& queue = addressed_queue(task);
    queue.erase(std::find(queue.begin(), queue.end(), ref));
    if (queue.empty() && !blocked(task.session)) std::erase(addressed_, task.target());
    task.state = Task::State::detached;
    count_for_engines(task.session, 0, task.count);
    return;
  }
  task.state = Task::State::detached;
  if (task.restricted()) {
    unqueue_restricted(ref);
    return;
  }
  TaskQueue& queue = pools_[image_of(task)].queue;
  const std::size_t before = queue.waiting();
  queue.remove(tasks_, ref);
  note_wanted(image_of(task), before);
}

Scheduler::Pool& Scheduler::pool(ImageRef image) {
  if (image >= pools_.size()) pools_.resize(image + 1);
  return pools_[image];
}

/// Where a waiting task is that isn't addressed.
TaskQueue& Scheduler::queue_of(const Task& task) {
  return task.restricted() ? set_of(task).queue : pools_[image_of(task)].queue;
}

void Scheduler::want(ImageRef image, bool wanted) {
  if (wanted) {
    wanted_.push_back(image);
    return;
  }
  wanted_.erase(std::find(wanted_.begin(), wanted_.end(), image));
}

}  // namespace muster::controller
