// Where tasks wait: a queue of each session for each image, and one of each engine for what is
// addressed to it.

#include <algorithm>

#include "controller/scheduler.hpp"

namespace muster::controller {

std::vector<TaskRef> Scheduler::addressed_tasks(EngineRef engine, ImageRef image) const {
  std::vector<TaskRef> tasks;
  if (engine >= engines_.size()) return tasks;
  for (const TaskRef task : engines_[engine].addressed) {
    if (tasks_[task].image == image) tasks.push_back(task);
  }
  return tasks;
}

void Scheduler::enqueue(TaskRef ref, bool in_front) {
  Task& task = tasks_[ref];
  if (task.target != none) {
    std::deque<TaskRef>& addressed = engine_slot(task.target).addressed;
    if (addressed.empty()) addressed_.push_back(task.target);
    addressed.insert(in_front ? addressed.begin() : addressed.end(), ref);
    task.state = Task::State::waiting;
    waiting_ += task.count;
    return;
  }
  Pool& images = pool(task.image);
  Queue& queue = queue_of(images, task.session);
  task.state = Task::State::waiting;
  task.next = task.previous = none;
  if (queue.first == none) {
    queue.first = queue.last = ref;
  } else if (in_front) {
    task.next = queue.first;
    tasks_[queue.first].previous = ref;
    queue.first = ref;
  } else {
    task.previous = queue.last;
    tasks_[queue.last].next = ref;
    queue.last = ref;
  }
  if (!queue.in_turn) {
    queue.in_turn = true;
    images.turns.push_back(static_cast<std::uint32_t>(&queue - images.queues.data()));
  }
  waiting_ += task.count;
  queue.waiting += task.count;
  if (images.waiting == 0) want(task.image, true);
  images.waiting += task.count;
}

void Scheduler::unqueue(TaskRef ref) {
  Task& task = tasks_[ref];
  if (task.target != none) {
    std::deque<TaskRef>& addressed = engines_[task.target].addressed;
    addressed.erase(std::find(addressed.begin(), addressed.end(), ref));
    if (addressed.empty()) std::erase(addressed_, task.target);
    task.state = Task::State::detached;
    waiting_ -= task.count;
    return;
  }
  Pool& images = pools_[task.image];
  Queue& queue = queue_of(images, task.session);
  (task.previous == none ? queue.first : tasks_[task.previous].next) = task.next;
  (task.next == none ? queue.last : tasks_[task.next].previous) = task.previous;
  task.next = task.previous = none;
  task.state = Task::State::detached;
  waiting_ -= task.count;
  queue.waiting -= task.count;
  images.waiting -= task.count;
  if (images.waiting == 0) want(task.image, false);
}

/// The task whose turn it is. Requires that the pool has waiting tasks.
TaskRef Scheduler::next_in_turn(Pool& images) {
  for (;;) {
    Queue& queue = images.queues[images.turns.front()];
    if (queue.first != none) return queue.first;
    queue.in_turn = false;  // emptied by cancels since it got its turn
    images.turns.pop_front();
  }
}

/// Sessions take turns, one task each, so that a flood of one doesn't starve another.
void Scheduler::take_turn(Pool& images) {
  const std::uint32_t turn = images.turns.front();
  images.turns.pop_front();
  Queue& queue = images.queues[turn];
  unqueue(queue.first);
  queue.in_turn = queue.first != none;
  if (queue.in_turn) images.turns.push_back(turn);
}

Scheduler::Pool& Scheduler::pool(ImageRef image) {
  if (image >= pools_.size()) pools_.resize(image + 1);
  return pools_[image];
}

Scheduler::Queue& Scheduler::queue_of(Pool& images, SessionRef session) {
  for (Queue& queue : images.queues) {
    if (queue.session == session) return queue;
  }
  // An empty queue of a session that has left is taken over; it is in nobody's turn.
  for (Queue& queue : images.queues) {
    if (queue.first == none && !queue.in_turn) {
      queue.session = session;
      return queue;
    }
  }
  images.queues.push_back(Queue{.session = session});
  return images.queues.back();
}

void Scheduler::want(ImageRef image, bool wanted) {
  if (wanted) {
    wanted_.push_back(image);
    return;
  }
  wanted_.erase(std::find(wanted_.begin(), wanted_.end(), image));
}

}  // namespace muster::controller
