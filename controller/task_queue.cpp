#include "controller/task_queue.hpp"

#include <algorithm>
#include <utility>

namespace muster::controller {

void TaskQueue::add(Slab<Task>& tasks, TaskRef ref, bool in_front, bool blocked) {
  Task& task = tasks[ref];
  Share& share = share_of(task.session, blocked);
  Level& level = level_of(share, task.priority());
  task.next = task.previous = none;
  if (level.first == none) {
    level.first = level.last = ref;
  } else if (in_front) {
    task.next = level.first;
    tasks[level.first].previous = ref;
    level.first = ref;
  } else {
    task.previous = level.last;
    tasks[level.last].next = ref;
    level.last = ref;
  }
  share.waiting += task.count;
  if (share.blocked) return;
  waiting_ += task.count;
  give_turn(share);
}

void TaskQueue::remove(Slab<Task>& tasks, TaskRef ref) {
  unlink(tasks, share_of(tasks[ref].session, false), ref);
}

void TaskQueue::unlink(Slab<Task>& tasks, Share& share, TaskRef ref) {
  Task& task = tasks[ref];
  Level& level = level_of(share, task.priority());
  (task.previous == none ? level.first : tasks[task.previous].next) = task.next;
  (task.next == none ? level.last : tasks[task.next].previous) = task.previous;
  task.next = task.previous = none;
  tidy(share, level);
  share.waiting -= task.count;
  if (!share.blocked) waiting_ -= task.count;
}

void TaskQueue::add_beside(Slab<Task>& tasks, TaskRef fresh, TaskRef old, bool in_front) {
  Task& part = tasks[fresh];
  Task& task = tasks[old];
  Level& level = level_of(share_of(task.session, false), task.priority());
  if (in_front) {
    part.next = old;
    part.previous = task.previous;
    (part.previous == none ? level.first : tasks[part.previous].next) = fresh;
    task.previous = fresh;
  } else {
    part.previous = old;
    part.next = task.next;
    (part.next == none ? level.last : tasks[part.next].previous) = fresh;
    task.next = fresh;
  }
}

void TaskQueue::forget(SessionRef session, std::uint32_t items) {
  Share& share = share_of(session, false);
  share.waiting -= items;
  if (!share.blocked) waiting_ -= items;
}

TaskRef TaskQueue::next() {
  for (;;) {
    Share& share = shares_[turns_.front()];
    if (const TaskRef first = share.first(); first != none) return first;
    share.in_turn = false;  // emptied by cancels since it got its turn
    turns_.pop_front();
  }
}

void TaskQueue::take_turn(Slab<Task>& tasks) {
  const std::uint32_t turn = turns_.front();
  turns_.pop_front();
  Share& share = shares_[turn];
  unlink(tasks, share, share.first());
  share.in_turn = share.first() != none;
  if (share.in_turn) turns_.push_back(turn);
}

void TaskQueue::block(SessionRef session) {
  for (std::uint32_t index = 0; index < shares_.size(); ++index) {
    Share& share = shares_[index];
    if (share.session != session || share.blocked) continue;
    share.blocked = true;
    if (std::exchange(share.in_turn, false)) std::erase(turns_, index);
    waiting_ -= share.waiting;
  }
}

void TaskQueue::unblock(SessionRef session) {
  for (Share& share : shares_) {
    if (share.session != session || !share.blocked) continue;
    share.blocked = false;
    give_turn(share);
    waiting_ += share.waiting;
  }
}

std::size_t TaskQueue::waiting(SessionRef session) const {
  for (const Share& share : shares_) {
    if (share.session == session) return share.waiting;
  }
  return 0;
}

std::vector<TaskRef> TaskQueue::all(const Slab<Task>& tasks) const {
  std::vector<TaskRef> all;
  const auto append = [&](const Level& level) {
    for (TaskRef task = level.first; task != none; task = tasks[task].next)
      all.push_back(task);
  };
  for (const Share& share : shares_) {
    append(share.usual);
    for (const Level& level : share.others)
      append(level);
  }
  return all;
}

bool TaskQueue::empty() const {
  return std::all_of(shares_.begin(), shares_.end(),
                     [](const Share& share) { return share.first() == none; });
}

TaskQueue::Share& TaskQueue::find_share(SessionRef session, bool blocked) {
  for (latest_ = 0; latest_ < shares_.size(); ++latest_) {
    if (shares_[latest_].session == session) return shares_[latest_];
  }
  // An empty share of a session that has left is taken over; it is in nobody's turn.
  for (latest_ = 0; latest_ < shares_.size(); ++latest_) {
    if (shares_[latest_].first() == none && !shares_[latest_].in_turn) break;
  }
  if (latest_ == shares_.size()) shares_.emplace_back();
  shares_[latest_].session = session;
  shares_[latest_].blocked = blocked;
  return shares_[latest_];
}

TaskQueue::Level& TaskQueue::find_level(Share& share, int priority) {
  const auto place =
      std::find_if(share.others.begin(), share.others.end(),
                   [priority](const Level& level) { return level.priority <= priority; });
  if (place != share.others.end() && place->priority == priority) return *place;
  return *share.others.insert(place, Level{priority, none, none});
}

void TaskQueue::tidy(Share& share, const Level& level) {
  if (level.first != none || level.priority == 0) return;
  share.others.erase(share.others.begin() + (&level - share.others.data()));
}

void TaskQueue::give_turn(Share& share) {
  if (share.in_turn || share.first() == none) return;
  share.in_turn = true;
  turns_.push_back(static_cast<std::uint32_t>(&share - shares_.data()));
}

}  // namespace muster::controller
