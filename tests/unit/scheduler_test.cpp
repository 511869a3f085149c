// The scheduler by lists of events: where tasks go, and what becomes of those that went wrong.

#include "controller/scheduler.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

namespace muster::controller {
namespace {

using Verdict = Scheduler::Verdict;
using Engines = std::vector<EngineRef>;
constexpr ImageRef image = 0;

struct Cluster {
  Scheduler scheduler;

  explicit Cluster(EngineRef engines, Scheduler::Config config = {.credit = 2})
      : scheduler(config) {
    for (EngineRef engine = 0; engine < engines; ++engine)
      scheduler.activate(engine, image);
  }

  TaskRef submit(std::uint64_t counter, SessionRef session = 0, wire::TaskOptions options = {}) {
    auto history = std::make_unique<TaskHistory>();
    history->options = options;
    return scheduler.submit(session, counter, 0, image, {}, std::move(history));
  }
  void submit_many(std::uint64_t count, SessionRef session = 0) {
    for (std::uint64_t counter = 1; counter <= count; ++counter)
      submit(counter, session);
  }
  /// The engines of all dispatches that are possible now, in order.
  Engines dispatch_all() {
    Engines engines;
    while (const auto dispatch = scheduler.dispatch({}))
      engines.push_back(dispatch->engine);
    return engines;
  }
  bool is_current(TaskRef task) const {
    return scheduler.is_current(task, scheduler[task].engine, scheduler[task].attempt);
  }
};

}  // namespace

TEST_CASE("the least loaded engine gets the next task, the least recently used among equals") {
  Cluster cluster(3, {.credit = 2});
  cluster.submit_many(5);
  CHECK(cluster.dispatch_all() == Engines{0, 1, 2, 0, 1});
  // Engine 1 gives one back: it and engine 2 hold one each, and 1 was used after 2.
  cluster.scheduler.release(cluster.scheduler.tasks_of(1).front());
  cluster.submit_many(2);
  CHECK(cluster.dispatch_all() == Engines{2, 1});
}

TEST_CASE("engines in turn keep their turn when they finish") {
  Cluster cluster(3, {.scheme = Scheme::roundrobin, .credit = 4});
  cluster.submit_many(4);
  CHECK(cluster.dispatch_all() == Engines{0, 1, 2, 0});
  cluster.scheduler.release(cluster.scheduler.tasks_of(0).front());
  cluster.submit_many(3);
  CHECK(cluster.dispatch_all() == Engines{1, 2, 0});
}

TEST_CASE("no engine holds more than its credit") {
  Cluster cluster(2, {.credit = 3});
  cluster.submit_many(10);
  CHECK(cluster.dispatch_all().size() == 6);
  CHECK(cluster.scheduler.held(0) == 3);
  CHECK(cluster.scheduler.held(1) == 3);
  CHECK(cluster.scheduler.waiting() == 4);
}

TEST_CASE("a suspended engine gets nothing and keeps what it holds") {
  Cluster cluster(2);
  cluster.scheduler.suspend(0);
  cluster.submit_many(4);
  CHECK(cluster.dispatch_all() == Engines{1, 1});
  cluster.scheduler.resume(0);
  CHECK(cluster.dispatch_all() == Engines{0, 0});
  cluster.scheduler.suspend(0);
  cluster.scheduler.release(cluster.scheduler.tasks_of(0).front());
  cluster.submit_many(1);
  CHECK(cluster.dispatch_all().empty());
  CHECK(cluster.scheduler.held(0) == 1);
}

TEST_CASE("tasks go only to engines of their image") {
  Cluster cluster(1);
  cluster.scheduler.activate(1, 5);
  cluster.scheduler.submit(0, 1, 1, 5, {}, nullptr);
  cluster.submit(2);
  cluster.submit(3);
  cluster.submit(4);
  Engines engines = cluster.dispatch_all();
  std::sort(engines.begin(), engines.end());
  CHECK(engines == Engines{0, 0, 1});
  CHECK(cluster.scheduler.wanted_images() == std::vector<ImageRef>{image});
}

TEST_CASE("sessions take turns") {
  Cluster cluster(1, {.credit = 6});
  cluster.submit_many(5, 0);
  cluster.submit_many(2, 1);
  std::vector<SessionRef> order;
  while (const auto dispatch = cluster.scheduler.dispatch({}))
    order.push_back(cluster.scheduler[dispatch->task].session);
  CHECK(order == std::vector<SessionRef>{0, 1, 0, 1, 0, 0});
}

TEST_CASE("every dispatch has a new attempt number, also of a task that comes back later") {
  Cluster cluster(1, {.credit = 1, .epoch = 7});
  std::set<std::uint64_t> attempts;
  for (int round = 0; round < 3; ++round) {
    const TaskRef task = cluster.submit(1);
    for (int attempt = 0; attempt < 3; ++attempt) {
      REQUIRE(cluster.scheduler.dispatch({}));
      CHECK(cluster.scheduler[task].attempt >> 32 == 7);
      CHECK(attempts.insert(cluster.scheduler[task].attempt).second);
      cluster.scheduler.move(task);
    }
    cluster.scheduler.release(task);
  }
}

TEST_CASE("rule 13: only the current attempt at its own engine is current") {
  Cluster cluster(2, {.credit = 1});
  const TaskRef task = cluster.submit(1);
  REQUIRE(cluster.scheduler.dispatch({}));
  const std::uint64_t first = cluster.scheduler[task].attempt;
  CHECK(cluster.scheduler.is_current(task, 0, first));
  CHECK_FALSE(cluster.scheduler.is_current(task, 1, first));
  CHECK_FALSE(cluster.scheduler.is_current(task, 0, first + 1));
  cluster.scheduler.move(task);
  CHECK_FALSE(cluster.scheduler.is_current(task, 0, first));
  cluster.scheduler.suspend(1);
  REQUIRE(cluster.scheduler.dispatch({}));
  CHECK_FALSE(cluster.scheduler.is_current(task, 0, first));
  CHECK(cluster.is_current(task));
}

TEST_CASE("rule 11: a death is charged to one task, and its neighbours move uncharged") {
  Cluster cluster(1, {.credit = 3});
  const TaskRef tasks[] = {cluster.submit(1), cluster.submit(2), cluster.submit(3)};
  cluster.dispatch_all();
  CHECK(cluster.scheduler.charge_crash(tasks[1], wire::Death{}) == Verdict::again);
  for (const TaskRef task : cluster.scheduler.deactivate(0))
    CHECK(cluster.scheduler.move(task) == Verdict::again);
  CHECK(cluster.scheduler[tasks[0]].history->crashes.empty());
  CHECK(cluster.scheduler[tasks[1]].history->crashes.size() == 1);
  CHECK(cluster.scheduler[tasks[2]].history->crashes.empty());
  CHECK(cluster.scheduler[tasks[0]].history->moves == 1);
  CHECK(cluster.scheduler[tasks[1]].history->moves == 0);
  CHECK(cluster.scheduler.waiting() == 3);
  CHECK(cluster.scheduler.held() == 0);
}

TEST_CASE("rule 14: crashes, exceptions and moves are counted apart") {
  Cluster cluster(1, {.credit = 1});
  const TaskRef task = cluster.submit(1, 0, {.retries = 1, .max_crashes = 2});
  const auto dispatch = [&] { REQUIRE(cluster.scheduler.dispatch({})); };
  for (int moves = 0; moves < 10; ++moves) {
    dispatch();
    CHECK(cluster.scheduler.move(task) == Verdict::again);
  }
  dispatch();
  CHECK(cluster.scheduler.charge_crash(task, {}) == Verdict::again);
  dispatch();
  CHECK(cluster.scheduler.has_retries(task));
  CHECK(cluster.scheduler.charge_exception(task, cluster.scheduler[task].engine) == Verdict::again);
  dispatch();
  CHECK_FALSE(cluster.scheduler.has_retries(task));
  CHECK(cluster.scheduler.may_retry(task));
  CHECK(cluster.scheduler.charge_crash(task, {}) == Verdict::final);
  CHECK(cluster.scheduler[task].starts == 3);
  cluster.scheduler.release(task);
  CHECK(cluster.scheduler.tasks() == 0);
}

TEST_CASE("rule 14: a retry prefers an untried engine and never waits for one") {
  Cluster cluster(2, {.credit = 1});
  const TaskRef task = cluster.submit(1, 0, {.retries = 5});
  Engines engines;
  for (int attempt = 0; attempt < 4; ++attempt) {
    const auto dispatch = cluster.scheduler.dispatch({});
    REQUIRE(dispatch);
    engines.push_back(dispatch->engine);
    cluster.scheduler.charge_exception(task, cluster.scheduler[task].engine);
  }
  CHECK(engines[0] != engines[1]);
}

TEST_CASE("rule 17: what is addressed isn't retried, whatever it was submitted with") {
  Cluster cluster(1);
  const TaskRef task = cluster.submit(1, 0, {.retries = 5, .target = 0});
  REQUIRE(cluster.scheduler.dispatch({}));
  CHECK_FALSE(cluster.scheduler.has_retries(task));
  CHECK_FALSE(cluster.scheduler.may_retry(task));
}

TEST_CASE("rule 17: what is addressed goes to its engine again when its dispatch was lost") {
  Cluster cluster(2);
  const TaskRef task = cluster.submit(1, 0, {.target = 1});
  CHECK(cluster.dispatch_all() == Engines{1});
  CHECK(cluster.scheduler.move(task) == Verdict::again);
  CHECK(cluster.dispatch_all() == Engines{1});
}

TEST_CASE("a start on a lost engine counts, one that was never made doesn't") {
  Cluster cluster(1, {.credit = 2});
  const TaskRef running = cluster.submit(1);
  const TaskRef queued = cluster.submit(2);
  cluster.dispatch_all();
  cluster.scheduler[running].running = true;
  for (const TaskRef task : cluster.scheduler.deactivate(0))
    cluster.scheduler.move(task);
  CHECK(cluster.scheduler[running].starts == 1);
  CHECK(cluster.scheduler[queued].starts == 0);
  cluster.scheduler.activate(0, image);
  cluster.dispatch_all();
  CHECK_FALSE(cluster.scheduler[running].running);
}

TEST_CASE("rule 16: a task that somebody wished to cancel is never queued again") {
  for (const bool crash : {false, true}) {
    Cluster cluster(1);
    const TaskRef task = cluster.submit(1);
    cluster.dispatch_all();
    cluster.scheduler[task].cancel_wished = true;
    const Verdict verdict =
        crash ? cluster.scheduler.charge_crash(task, {}) : cluster.scheduler.move(task);
    CHECK(verdict == Verdict::final);
    CHECK(cluster.scheduler.waiting() == 0);
    CHECK(cluster.dispatch_all().empty());
  }
}

TEST_CASE("tasks of a lost engine go in front, in the order in which they were sent") {
  Cluster cluster(1, {.credit = 3});
  cluster.submit_many(5);
  cluster.dispatch_all();
  std::vector<TaskRef> tasks = cluster.scheduler.deactivate(0);
  std::reverse(tasks.begin(), tasks.end());
  for (const TaskRef task : tasks)
    cluster.scheduler.move(task);
  std::vector<std::uint64_t> counters;
  for (const TaskRef task : cluster.scheduler.waiting_tasks(image))
    counters.push_back(cluster.scheduler[task].counter);
  CHECK(counters == std::vector<std::uint64_t>{1, 2, 3, 4, 5});
}

TEST_CASE("a waiting task can be released from anywhere in its queue") {
  Cluster cluster(1, {.credit = 5});
  const TaskRef tasks[] = {cluster.submit(1), cluster.submit(2), cluster.submit(3)};
  cluster.scheduler.release(tasks[1]);
  cluster.scheduler.release(tasks[0]);
  cluster.scheduler.release(tasks[2]);
  CHECK(cluster.scheduler.waiting() == 0);
  CHECK(cluster.scheduler.wanted_images().empty());
  CHECK(cluster.dispatch_all().empty());
  cluster.submit_many(2);
  CHECK(cluster.dispatch_all().size() == 2);
}

}  // namespace muster::controller
