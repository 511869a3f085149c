#pragma once
// Tasks that wait for the same engines. Sessions take turns, a task each, so that a flood of one
// doesn't starve another; of one session the higher priority goes first, then who came first.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "controller/slab.hpp"
#include "controller/task.hpp"

namespace muster::controller {

/// Its tasks are linked through their `next` and `previous`, in the slab that every call is given.
/// What is counted are items.
class TaskQueue {
 public:
  /// Behind those of the same session and priority, or in front of them.
  void add(Slab<Task>& tasks, TaskRef ref, bool in_front, bool blocked);
  void remove(Slab<Task>& tasks, TaskRef ref);
  /// `fresh`, which was part of `old`, takes its place beside it.
  void add_beside(Slab<Task>& tasks, TaskRef fresh, TaskRef old, bool in_front);
  /// A task of the session has lost so many items.
  void forget(SessionRef session, std::uint32_t items);

  /// The task whose turn it is. Requires waiting() > 0.
  TaskRef next();
  /// Removes the task that next() gives; its session's next turn comes after everybody else's.
  void take_turn(Slab<Task>& tasks);

  /// Tasks of a session that is blocked stay where they are, and get no turn.
  void block(SessionRef session);
  void unblock(SessionRef session);

  /// Of sessions that aren't blocked.
  std::size_t waiting() const { return waiting_; }
  std::size_t waiting(SessionRef session) const;
  /// How many of these have tasks.
  std::size_t sessions() const { return turns_.size(); }
  /// Of any session.
  std::vector<TaskRef> all(const Slab<Task>& tasks) const;
  bool empty() const;

 private:
  struct Level {  // of one priority
    int priority = 0;
    TaskRef first = none;
    TaskRef last = none;
  };
  struct Share {  // of one session
    SessionRef session = none;
    Level usual{};              // of priority 0
    std::vector<Level> others;  // highest first; none of them is empty
    std::size_t waiting = 0;
    bool in_turn = false;  // the turns contain it
    bool blocked = false;

    TaskRef first() const {
      if (others.empty()) return usual.first;
      if (others.front().priority > 0 || usual.first == none) return others.front().first;
      return usual.first;
    }
  };

  /// Nearly always the one that was asked for last.
  Share& share_of(SessionRef session, bool blocked) {
    if (latest_ < shares_.size() && shares_[latest_].session == session) return shares_[latest_];
    return find_share(session, blocked);
  }
  Share& find_share(SessionRef session, bool blocked);
  static Level& level_of(Share& share, int priority) {
    return priority == 0 ? share.usual : find_level(share, priority);
  }
  static Level& find_level(Share& share, int priority);
  static void tidy(Share& share, const Level& level);
  void unlink(Slab<Task>& tasks, Share& share, TaskRef ref);
  void give_turn(Share& share);

  std::vector<Share> shares_;        // few: sessions whose tasks have waited here
  std::size_t latest_ = 0;           // the share that was looked up last
  std::deque<std::uint32_t> turns_;  // indices of shares with tasks, next first
  std::size_t waiting_ = 0;
};

}  // namespace muster::controller
