// Where tasks wait: a queue of each session for each image, and one of each engine for what is
// addressed to it.

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
  if (task.parked || task.body_missing || task.awaits()) {
    task.state = Task::State::arriving;
    return;
  }
  waiting_ += task.count;
  if (task.target() != none) {
    enqueue_addressed(ref, in_front);
    return;
  }
  Pool& images = pool(image_of(task));
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
  queue.waiting += task.count;
  if (queue.blocked) return;
  give_turn(images, queue);
  count_waiting(image_of(task), task.count, 0);
}

void Scheduler::enqueue_addressed(TaskRef ref, bool in_front) {
  Task& task = tasks_[ref];
  std::deque<TaskRef>& queue = addressed_queue(task);
  if (queue.empty() && !blocked(task.session)) addressed_.push_back(task.target());
  queue.insert(in_front ? queue.begin() : queue.end(), ref);
  task.state = Task::State::waiting;
  count_addressed(task.session, task.count, 0);
}

void Scheduler::count_addressed(SessionRef session, std::size_t more, std::size_t less) {
  if (session >= addressed_of_.size()) addressed_of_.resize(session + std::size_t{1});
  addressed_of_[session] += more - less;
}

std::deque<TaskRef>& Scheduler::addressed_queue(const Task& task) {
  Engine& engine = engine_slot(task.target());
  return blocked(task.session) ? engine.blocked : engine.addressed;
}

void Scheduler::give_turn(Pool& images, Queue& queue) {
  if (queue.in_turn || queue.first == none) return;
  queue.in_turn = true;
  images.turns.push_back(static_cast<std::uint32_t>(&queue - images.queues.data()));
}

/// An image with tasks that could be dispatched is wanted.
void Scheduler::count_waiting(ImageRef image, std::size_t more, std::size_t less) {
  Pool& images = pools_[image];
  const bool before = images.waiting > 0;
  images.waiting = images.waiting + more - less;
  const bool after = images.waiting > 0;
  if (before != after) want(image, after);
}

void Scheduler::unqueue(TaskRef ref) {
  Task& task = tasks_[ref];
  waiting_ -= task.count;
  if (task.target() != none) {
    std::deque<TaskRef>& queue = addressed_queue(task);
    queue.erase(std::find(queue.begin(), queue.end(), ref));
    if (queue.empty() && !blocked(task.session)) std::erase(addressed_, task.target());
    task.state = Task::State::detached;
    count_addressed(task.session, 0, task.count);
    return;
  }
  Pool& images = pools_[image_of(task)];
  Queue& queue = queue_of(images, task.session);
  (task.previous == none ? queue.first : tasks_[task.previous].next) = task.next;
  (task.next == none ? queue.last : tasks_[task.next].previous) = task.previous;
  task.next = task.previous = none;
  task.state = Task::State::detached;
  queue.waiting -= task.count;
  if (!queue.blocked) count_waiting(image_of(task), 0, task.count);
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
      queue.blocked = blocked(session);
      return queue;
    }
  }
  images.queues.push_back(Queue{.session = session, .blocked = blocked(session)});
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
