// Adaptive credit and recall by lists of events: how much an engine is given, and what is asked
// back when another one idles.

#include <chrono>
#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

#include "controller/scheduler.hpp"

namespace muster::controller {
namespace {

using namespace std::chrono_literals;
constexpr ImageRef image = 0;
constexpr CodeRef quick = 0;
constexpr CodeRef slow = 1;
constexpr CodeRef brief = 2;

/// Engines of adaptive credit that know how long tasks take.
struct Cluster {
  Scheduler scheduler{{}};
  wire::Instant now = wire::Instant{} + 1h;
  std::uint64_t counter = 0;

  explicit Cluster(EngineRef engines) {
    for (EngineRef engine = 0; engine < engines; ++engine)
      scheduler.activate(engine, image);
    for (int i = 0; i < 200; ++i) {
      scheduler.learn(0, quick, 1'000, now);      // a microsecond
      scheduler.learn(0, slow, 50'000'000, now);  // fifty milliseconds
      scheduler.learn(0, brief, 40'000, now);
    }
  }
  TaskRef submit(CodeRef code, std::int64_t target = -1) {
    std::unique_ptr<TaskHistory> history;
    if (target >= 0) {
      history = std::make_unique<TaskHistory>();
      history->options.target = target;
    }
    return scheduler.submit(0, ++counter, code, image, {}, std::move(history));
  }
  void submit_many(CodeRef code, int count) {
    for (int i = 0; i < count; ++i)
      submit(code);
  }
  /// Engine 0 gets them all, and engine 1, of two, idles.
  void give_all_to_the_first(CodeRef code, int count) {
    scheduler.suspend(1);
    submit_many(code, count);
    dispatch_all();
    scheduler.resume(1);
  }
  std::size_t dispatch_all() {
    std::size_t count = 0;
    while (scheduler.dispatch(now))
      ++count;
    return count;
  }
  /// The engine's oldest task has ended.
  void finish_one(EngineRef engine) {
    const TaskRef task = scheduler.tasks_of(engine).front();
    scheduler.learn(engine, scheduler[task].code, 1'000, now);
    scheduler.release(task);
  }
  void finish_all(EngineRef engine) {
    while (scheduler.held(engine) > 0)
      finish_one(engine);
  }
  /// The engine gives all of it back.
  void answer(const Scheduler::Recall& recall) {
    for (const TaskRef task : recall.tasks)
      scheduler.move(task);
    scheduler.recalled(recall.engine, now);
  }
};

}  // namespace

TEST_CASE("an engine gets about a millisecond of quick tasks, and one task of a slow kind") {
  Cluster cluster(1);
  cluster.submit_many(quick, 5'000);
  const std::size_t given = cluster.dispatch_all();
  CHECK(given > 900);
  CHECK(given < 1'200);
  CHECK(cluster.scheduler.credit(0) == Approx(given).epsilon(0.05));

  Cluster other(2);
  other.submit_many(slow, 20);
  CHECK(other.dispatch_all() == 2);
  CHECK(other.scheduler.credit(0) == 1);
}

TEST_CASE("an engine gets a few tasks of middle length, and fewer when others want it, too") {
  constexpr CodeRef middle = 8;
  Cluster cluster(1);
  for (int i = 0; i < 200; ++i)
    cluster.scheduler.learn(0, middle, 1'000'000, cluster.now);
  const auto given_after = [&](wire::Instant::duration time) {
    cluster.now += time;
    for (const TaskRef task : cluster.scheduler.tasks_of(0))
      cluster.scheduler.release(task);
    cluster.scheduler.look_for_others(cluster.now);
    return cluster.dispatch_all();
  };
  cluster.submit_many(middle, 100);
  CHECK(given_after(0s) == 9);  // one runs, and eight wait
  // Another session's task; and it may have more soon.
  cluster.scheduler.submit(1, 1, middle, image, {}, nullptr);
  CHECK(given_after(10ms) == 2);
  CHECK(given_after(500ms) == 2);
  CHECK(given_after(1s) == 9);
}

TEST_CASE("a code that nobody has timed yet is taken for a millisecond: one task more than runs") {
  Cluster cluster(2);
  cluster.submit_many(7, 100);
  CHECK(cluster.dispatch_all() == 4);
}

TEST_CASE("a task gets company when a round trip costs more than a hundredth of it") {
  Cluster cluster(1);
  cluster.scheduler.set_round_trip(0, 1'000'000);
  cluster.submit_many(slow, 5);
  CHECK(cluster.dispatch_all() == 2);
}

TEST_CASE("work is spread by its length, not by its count") {
  Cluster cluster(2);
  cluster.submit(slow);
  cluster.submit_many(quick, 100);
  cluster.dispatch_all();
  const std::size_t beside_the_slow_one = cluster.scheduler.held(0) - 1;
  CHECK(beside_the_slow_one == 0);
  CHECK(cluster.scheduler.held(1) == 100);
}

TEST_CASE("the bytes of arguments bound what an engine is given, but never starve it") {
  Cluster cluster(1);
  const std::vector<std::byte> body(Pace::most_bytes);
  for (int i = 0; i < 3; ++i)
    cluster.scheduler.submit(0, ++cluster.counter, quick, image,
                             Payload(cluster.scheduler.arena(), {}, body), nullptr);
  CHECK(cluster.dispatch_all() == 1);
}

TEST_CASE("bodies that stream count among the bytes that an engine is given") {
  Cluster cluster(1);
  for (int i = 0; i < 3; ++i) {
    const TaskRef task = cluster.scheduler.submit_arriving(0, ++cluster.counter, quick, image, {},
                                                           std::make_unique<TaskHistory>());
    cluster.scheduler[task].body_missing = true;
    cluster.scheduler.body_is_whole(
        task,
        wire::make_large_body(detail::Buffer::copy_of(std::vector<std::byte>(Pace::most_bytes))));
  }
  CHECK(cluster.dispatch_all() == 1);
  cluster.finish_one(0);
  CHECK(cluster.dispatch_all() == 1);
}

TEST_CASE("nothing is recalled while all engines have something to do, or while tasks wait") {
  Cluster cluster(2);
  cluster.submit_many(quick, 3'000);
  cluster.dispatch_all();
  REQUIRE(cluster.scheduler.waiting() > 0);
  CHECK(cluster.scheduler.recall(cluster.now + 10s).empty());
  CHECK(cluster.scheduler.recall_at() == wire::Instant::max());
}

TEST_CASE("tiny tasks that come together go to one engine, until another has less to do") {
  Cluster cluster(2);
  cluster.submit_many(quick, 20);
  cluster.dispatch_all();
  // Each idle engine gets one before any gets company.
  CHECK(cluster.scheduler.held(0) == 1);
  CHECK(cluster.scheduler.held(1) == 19);
  cluster.submit_many(quick, 5);  // and what comes next goes to the other one
  cluster.dispatch_all();
  CHECK(cluster.scheduler.held(0) == 6);
  cluster.submit_many(quick, 300);
  cluster.dispatch_all();
  const std::uint32_t difference = cluster.scheduler.held(0) > cluster.scheduler.held(1)
                                       ? cluster.scheduler.held(0) - cluster.scheduler.held(1)
                                       : cluster.scheduler.held(1) - cluster.scheduler.held(0);
  CHECK(difference <= 64);
}

TEST_CASE("longer tasks are spread evenly even when they come together") {
  Cluster cluster(4);
  cluster.submit_many(brief, 16);
  cluster.dispatch_all();
  for (EngineRef engine = 0; engine < 4; ++engine)
    CHECK(cluster.scheduler.held(engine) == 4);
}

TEST_CASE("when an engine idles and another one's estimate was wrong, it shares what it holds") {
  Cluster cluster(2);
  cluster.submit_many(quick, 200);
  cluster.dispatch_all();
  cluster.finish_all(1);
  const std::uint32_t held = cluster.scheduler.held(0);
  REQUIRE(held > 60);
  // A tenth of a millisecond of work isn't worth asking for, as long as it is no more than that.
  CHECK(cluster.scheduler.recall(cluster.now).empty());
  const wire::Instant again = cluster.scheduler.recall_at();
  CHECK(again > cluster.now);
  CHECK(again <= cluster.now + 1ms);

  cluster.now += 5ms;  // and nothing was heard of engine 0: its first task must be a long one
  const auto recalls = cluster.scheduler.recall(cluster.now);
  REQUIRE(recalls.size() == 1);
  CHECK(recalls[0].engine == 0);
  CHECK(recalls[0].tasks.size() == held / 2);
  CHECK(cluster.scheduler.recalling(0));
  CHECK(cluster.scheduler.recall(cluster.now).empty());

  cluster.answer(recalls[0]);
  CHECK(cluster.dispatch_all() == held / 2);
  CHECK(cluster.scheduler.held(0) == held - held / 2);
  CHECK(cluster.scheduler.held(1) == held / 2);
}

TEST_CASE("what is given back is dispatched in the order in which it was submitted") {
  Cluster cluster(2);
  cluster.give_all_to_the_first(quick, 6);
  cluster.now += 5ms;
  const auto recalls = cluster.scheduler.recall(cluster.now);
  REQUIRE(recalls.size() == 1);
  cluster.answer(recalls[0]);
  cluster.dispatch_all();
  std::vector<std::uint64_t> counters;
  for (const TaskRef task : cluster.scheduler.tasks_of(1))
    counters.push_back(cluster.scheduler[task].counter);
  CHECK(counters == std::vector<std::uint64_t>{4, 5, 6});
}

TEST_CASE("an engine that is asked gets nothing before it has answered, unless it runs dry") {
  Cluster cluster(2);
  cluster.give_all_to_the_first(quick, 10);
  cluster.now += 5ms;
  REQUIRE(cluster.scheduler.recall(cluster.now).size() == 1);
  cluster.submit_many(quick, 4);
  CHECK(cluster.dispatch_all() == 4);
  CHECK(cluster.scheduler.held(1) == 4);
  cluster.finish_all(0);
  cluster.submit(quick);
  cluster.dispatch_all();
  CHECK(cluster.scheduler.held(0) == 1);
}

TEST_CASE("an engine that had nothing to give back isn't asked again at once") {
  Cluster cluster(2);
  cluster.scheduler.suspend(1);
  cluster.submit_many(slow, 2);
  cluster.scheduler.set_round_trip(0, 2'000'000);  // so that it holds a spare
  REQUIRE(cluster.dispatch_all() == 2);
  cluster.scheduler.resume(1);
  REQUIRE(cluster.scheduler.recall(cluster.now).size() == 1);
  cluster.scheduler.recalled(0, cluster.now);
  CHECK(cluster.scheduler.recall(cluster.now).empty());
  CHECK(cluster.scheduler.recall_at() < cluster.now + 1s);
  CHECK(cluster.scheduler.recall(cluster.now + 1s).size() == 1);
}

TEST_CASE("tasks addressed to an engine, and tasks that are being cancelled, stay where they are") {
  Cluster cluster(2);
  for (int i = 0; i < 3; ++i)
    cluster.submit(quick, 0);
  cluster.dispatch_all();
  REQUIRE(cluster.scheduler.held(0) == 3);
  CHECK(cluster.scheduler.recall(cluster.now + 10s).empty());
  CHECK(cluster.scheduler.recall_at() == wire::Instant::max());

  Cluster other(2);
  other.give_all_to_the_first(quick, 2);
  other.scheduler[other.scheduler.tasks_of(0).back()].cancel_wished = true;
  CHECK(other.scheduler.recall(other.now + 10s).empty());
}

TEST_CASE("an engine that leaves, or whose link ends, owes no answer any more") {
  Cluster cluster(2);
  cluster.give_all_to_the_first(quick, 10);
  cluster.now += 5ms;
  REQUIRE(cluster.scheduler.recall(cluster.now).size() == 1);
  cluster.scheduler.suspend(0);
  cluster.scheduler.resume(0);
  CHECK_FALSE(cluster.scheduler.recalling(0));
  CHECK(cluster.scheduler.recall(cluster.now).size() == 1);
  for (const TaskRef task : cluster.scheduler.deactivate(0))
    cluster.scheduler.move(task);
  cluster.scheduler.activate(0, image);
  CHECK_FALSE(cluster.scheduler.recalling(0));
}

TEST_CASE("no more than 64 recalls are under way, and one that is never answered doesn't count") {
  constexpr EngineRef busy = 100;
  Cluster cluster(busy);
  cluster.submit_many(brief, 3 * busy);
  cluster.dispatch_all();
  for (EngineRef engine = 0; engine < busy; ++engine)
    REQUIRE(cluster.scheduler.held(engine) == 3);
  for (EngineRef engine = busy; engine < 2 * busy; ++engine)
    cluster.scheduler.activate(engine, image);
  cluster.now += 5ms;
  CHECK(cluster.scheduler.recall(cluster.now).size() == 64);
  CHECK(cluster.scheduler.recall(cluster.now).empty());
  CHECK(cluster.scheduler.recall(cluster.now + 2s).size() == busy - 64);
}

TEST_CASE("what waits behind a task for long, while no engine of its image idles, is stuck") {
  Cluster cluster(2);
  cluster.give_all_to_the_first(quick, 5);
  cluster.scheduler.suspend(1);  // it serves another image
  CHECK(cluster.scheduler.stuck(image, cluster.now) == 0);
  CHECK(cluster.scheduler.stuck_images(cluster.now).empty());
  cluster.now += 1s;
  CHECK(cluster.scheduler.stuck(image, cluster.now) == 4);  // the fifth is being executed
  CHECK(cluster.scheduler.stuck_images(cluster.now) == std::vector<ImageRef>{image});
  cluster.scheduler.resume(1);  // recall sees to it
  CHECK(cluster.scheduler.stuck(image, cluster.now) == 0);
}

TEST_CASE("of rows that stay whole an engine is asked for all that it hasn't begun, and no part") {
  Cluster cluster(2);
  const auto submit_row = [&] {
    auto history = std::make_unique<TaskHistory>();
    history->options.whole = true;
    cluster.scheduler.submit(0, cluster.counter + 1, brief, image, {}, std::move(history), 10);
    cluster.counter += 10;
  };
  cluster.scheduler.suspend(1);
  submit_row();
  cluster.dispatch_all();
  cluster.scheduler.resume(1);
  // The one that is being executed is left alone, however long it takes.
  CHECK(cluster.scheduler.recall(cluster.now + 1min).empty());

  cluster.scheduler.suspend(1);
  submit_row();
  cluster.dispatch_all();
  REQUIRE(cluster.scheduler.tasks_of(0).size() == 2);
  cluster.scheduler.resume(1);
  const auto recalls = cluster.scheduler.recall(cluster.now + 2min);
  REQUIRE(recalls.size() == 1);
  CHECK(recalls[0].tasks == std::vector{cluster.scheduler.tasks_of(0).back()});
  CHECK(recalls[0].items == std::vector<std::uint32_t>{10});
}

}  // namespace muster::controller
