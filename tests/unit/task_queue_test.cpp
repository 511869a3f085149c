// In which order tasks leave that wait for the same engines.

#include "controller/task_queue.hpp"

#include <cstdint>
#include <memory>
#include <vector>

#include <catch2/catch.hpp>

namespace muster::controller {
namespace {

struct Waiting {
  Slab<Task> tasks;
  TaskQueue queue;

  TaskRef add(std::uint64_t counter, int priority = 0, SessionRef session = 0,
              bool in_front = false) {
    const TaskRef ref = tasks.add();
    tasks[ref].counter = counter;
    tasks[ref].session = session;
    if (priority != 0) {
      tasks[ref].history = std::make_unique<TaskHistory>();
      tasks[ref].history->options.priority = priority;
    }
    queue.add(tasks, ref, in_front, false);
    return ref;
  }
  std::vector<std::uint64_t> take_all() {
    std::vector<std::uint64_t> counters;
    while (queue.waiting() > 0) {
      counters.push_back(tasks[queue.next()].counter);
      queue.take_turn(tasks);
    }
    return counters;
  }
};

using Counters = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("of one session the higher priority goes first, equals in their order") {
  Waiting waiting;
  waiting.add(1);
  waiting.add(2, -1);
  waiting.add(3, 5);
  waiting.add(4);
  waiting.add(5, 5);
  waiting.add(6, 2);
  CHECK(waiting.take_all() == Counters{3, 5, 6, 1, 4, 2});
  CHECK(waiting.queue.empty());
}

TEST_CASE("a task that waits again goes in front of its equals, and not of its betters") {
  Waiting waiting;
  waiting.add(1, 1);
  waiting.add(2);
  waiting.add(3, 0, 0, true);
  CHECK(waiting.take_all() == Counters{1, 3, 2});
}

TEST_CASE("sessions take turns whatever their priorities are") {
  Waiting waiting;
  for (std::uint64_t counter = 1; counter <= 3; ++counter)
    waiting.add(counter, 9, 0);
  waiting.add(11, 0, 1);
  waiting.add(12, 0, 1);
  CHECK(waiting.take_all() == Counters{1, 11, 2, 12, 3});
}

TEST_CASE("a session that is blocked keeps its tasks and gets no turn") {
  Waiting waiting;
  waiting.add(1, 3, 0);
  waiting.add(2, 0, 1);
  waiting.queue.block(0);
  CHECK(waiting.queue.waiting() == 1);
  CHECK(waiting.queue.waiting(0) == 1);
  CHECK(waiting.take_all() == Counters{2});
  CHECK_FALSE(waiting.queue.empty());
  waiting.queue.unblock(0);
  CHECK(waiting.take_all() == Counters{1});
}

TEST_CASE("what is removed from the middle of a priority leaves the others in order") {
  Waiting waiting;
  waiting.add(1, 2);
  const TaskRef second = waiting.add(2, 2);
  waiting.add(3, 2);
  const TaskRef only = waiting.add(4, 7);
  waiting.queue.remove(waiting.tasks, second);
  waiting.queue.remove(waiting.tasks, only);
  CHECK(waiting.queue.all(waiting.tasks).size() == 2);
  CHECK(waiting.take_all() == Counters{1, 3});
}

}  // namespace muster::controller
