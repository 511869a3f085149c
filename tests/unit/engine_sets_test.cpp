// The scheduler with tasks that only some engines may run.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "controller/scheduler.hpp"

namespace muster::controller {
namespace {

using namespace std::chrono_literals;
using Engines = std::vector<EngineRef>;
constexpr ImageRef image = 0;

struct Cluster {
  Scheduler scheduler;
  std::uint64_t last = 0;

  explicit Cluster(EngineRef engines, std::uint32_t credit = 1) : scheduler({.credit = credit}) {
    for (EngineRef engine = 0; engine < engines; ++engine)
      scheduler.activate(engine, image);
  }

  TaskRef submit(Engines where = {}, std::uint32_t retries = 0, SessionRef session = 0) {
    return submit_with_needs({}, std::move(where), retries, session);
  }
  TaskRef submit_with_needs(const std::vector<std::string>& needs, Engines where = {},
                            std::uint32_t retries = 0, SessionRef session = 0) {
    auto history = std::make_unique<TaskHistory>();
    history->needs = wire::Resources(needs);
    history->where = std::move(where);
    history->options.retries = retries;
    return scheduler.submit(session, ++last, 0, image, {}, std::move(history));
  }
  /// The engines of all dispatches that are possible now, in order.
  Engines dispatch_all() {
    Engines engines;
    while (const auto dispatch = scheduler.dispatch({}))
      engines.push_back(dispatch->engine);
    return engines;
  }
  void finish_one_of(EngineRef engine) { scheduler.release(scheduler.tasks_of(engine).front()); }
};

}  // namespace

TEST_CASE("tasks that name engines go to the least loaded of these and to no other") {
  Cluster cluster(4, 2);
  for (int i = 0; i < 6; ++i)
    cluster.submit({1, 3});
  const Engines engines = cluster.dispatch_all();
  CHECK(engines.size() == 4);
  CHECK(cluster.scheduler.held(1) == 2);
  CHECK(cluster.scheduler.held(3) == 2);
  CHECK(cluster.scheduler.waiting() == 2);
  cluster.finish_one_of(3);
  CHECK(cluster.dispatch_all() == Engines{3});
}

TEST_CASE(
    "tasks for busy engines keep nobody else waiting, and get their turn when there is room") {
  Cluster cluster(2);
  cluster.submit({0});
  cluster.submit({0});
  cluster.submit();
  CHECK(cluster.dispatch_all() == Engines{0, 1});
  cluster.submit();
  cluster.finish_one_of(0);
  cluster.finish_one_of(1);
  const Engines engines = cluster.dispatch_all();
  CHECK(std::set<EngineRef>(engines.begin(), engines.end()) == std::set<EngineRef>{0, 1});
  CHECK(cluster.scheduler.waiting() == 0);
}

TEST_CASE("a restricted task takes turns with those that any engine may run") {
  Cluster cluster(1);
  for (int i = 0; i < 10; ++i)
    cluster.submit({0});
  for (int i = 0; i < 10; ++i)
    cluster.submit();
  int restricted = 0;
  for (int i = 0; i < 10; ++i) {
    REQUIRE(cluster.dispatch_all().size() == 1);
    restricted += cluster.scheduler[cluster.scheduler.tasks_of(0).front()].restricted();
    cluster.finish_one_of(0);
  }
  CHECK(restricted == 5);
}

TEST_CASE("a retry prefers an engine of the set where it hasn't failed") {
  Cluster cluster(3);
  const TaskRef task = cluster.submit({0, 2}, 3);
  const EngineRef first = cluster.dispatch_all().front();
  cluster.scheduler.charge_exception(task, first);
  const EngineRef second = cluster.dispatch_all().front();
  CHECK(second != first);
  cluster.scheduler.charge_exception(task, second);
  CHECK(cluster.dispatch_all().size() == 1);  // it never waits for one that doesn't exist
}

TEST_CASE("an engine that comes later gets the tasks that named it") {
  Cluster cluster(1);
  cluster.submit({1, 2});
  CHECK(cluster.dispatch_all().empty());
  CHECK(cluster.scheduler.waiting_for_engines(0) == 1);
  cluster.scheduler.activate(2, image);
  CHECK(cluster.dispatch_all() == Engines{2});
}

TEST_CASE("a task goes to an engine that has what it needs and to no other") {
  Cluster cluster(4);
  cluster.scheduler.set_resources(1, wire::Resources({"gpu=1"}));
  cluster.scheduler.set_resources(3, wire::Resources({"gpu=4"}));
  for (int i = 0; i < 3; ++i)
    cluster.submit_with_needs({"gpu"});
  cluster.submit_with_needs({"gpu=2"}, {0, 1, 2, 3});
  CHECK(cluster.scheduler.waiting() == 4);
  Engines engines = cluster.dispatch_all();
  std::sort(engines.begin(), engines.end());
  CHECK(engines == Engines{1, 3});
  cluster.finish_one_of(1);
  CHECK(cluster.dispatch_all() == Engines{1});
  cluster.finish_one_of(3);
  CHECK(cluster.dispatch_all() == Engines{3});
  CHECK(cluster.scheduler.waiting() == 0);
}

TEST_CASE("what needs more than any engine has waits for one that has it, and others pass") {
  Cluster cluster(1);
  cluster.submit_with_needs({"gpu"});
  cluster.submit();
  CHECK(cluster.dispatch_all() == Engines{0});
  cluster.scheduler.activate(1, image);
  CHECK(cluster.dispatch_all().empty());
  cluster.scheduler.set_resources(1, wire::Resources({"gpu"}));
  CHECK(cluster.dispatch_all() == Engines{1});
}

TEST_CASE("what an engine has is known before it serves, and while it serves another program") {
  Cluster cluster(0);
  cluster.scheduler.set_resources(2, wire::Resources({"gpu"}));
  cluster.submit_with_needs({"gpu"});
  cluster.scheduler.activate(2, 1);
  CHECK(cluster.scheduler.has_restricted(2, image));
  CHECK(cluster.dispatch_all().empty());
  cluster.scheduler.deactivate(2);
  cluster.scheduler.activate(2, image);
  CHECK(cluster.dispatch_all() == Engines{2});
}

TEST_CASE("a task that an engine doesn't suit waits for the others, as many as are named") {
  Cluster cluster(3);
  const TaskRef task = cluster.submit();
  CHECK(cluster.dispatch_all() == Engines{0});
  cluster.scheduler.try_elsewhere(task, {1, 2});
  cluster.submit();
  CHECK(cluster.dispatch_all().size() == 2);
  CHECK(cluster.scheduler[task].engine != 0);
  CHECK(cluster.scheduler[task].starts == 1);
  cluster.scheduler.try_elsewhere(task, {5});
  CHECK(cluster.dispatch_all().empty());
  CHECK(cluster.scheduler.waiting() == 1);
}

TEST_CASE("an engine that serves another program gets none of them") {
  Cluster cluster(0);
  cluster.scheduler.activate(0, 1);
  cluster.submit({0});
  CHECK(cluster.dispatch_all().empty());
  CHECK(cluster.scheduler.has_restricted(0, image));
  CHECK(cluster.scheduler.restrictions() == std::vector{Scheduler::Places{image, {0}, {}}});
  cluster.scheduler.deactivate(0);
  cluster.scheduler.activate(0, image);
  CHECK(cluster.dispatch_all() == Engines{0});
  CHECK(cluster.scheduler.restrictions().empty());
}

TEST_CASE("tasks of a session that is blocked wait on in their set") {
  Cluster cluster(2);
  cluster.scheduler.block(0);
  cluster.submit({0});
  CHECK(cluster.dispatch_all().empty());
  CHECK_FALSE(cluster.scheduler.has_restricted(0, image));
  cluster.scheduler.unblock(0);
  CHECK(cluster.dispatch_all() == Engines{0});
}

TEST_CASE("a cancelled one leaves its set") {
  Cluster cluster(1);
  const TaskRef task = cluster.submit({0, 5});
  cluster.scheduler.release(task);
  CHECK(cluster.scheduler.restrictions().empty());
  CHECK(cluster.scheduler.waiting() == 0);
  CHECK(cluster.dispatch_all().empty());
}

TEST_CASE("restricted tasks are asked back only for an engine that may run them") {
  Cluster cluster(3, 8);
  for (int i = 0; i < 4; ++i)
    cluster.submit({0});
  cluster.dispatch_all();
  const auto much_later = wire::Instant{} + 10s;
  CHECK(cluster.scheduler.recall(much_later).empty());
  for (int i = 0; i < 4; ++i)
    cluster.submit({1, 2});
  cluster.scheduler.suspend(2);
  cluster.dispatch_all();
  REQUIRE(cluster.scheduler.held(1) == 4);
  cluster.scheduler.resume(2);
  const auto recalls = cluster.scheduler.recall(much_later + 10s);
  REQUIRE(recalls.size() == 1);
  CHECK(recalls.front().engine == 1);
}

TEST_CASE("any number of sets whose engines are busy costs a dispatch nothing") {
  Cluster cluster(1);
  for (EngineRef other = 1; other <= 2000; ++other)
    cluster.submit({0, other});
  CHECK(cluster.dispatch_all() == Engines{0});
  // Each was looked at once; now only what may have changed is.
  cluster.scheduler.activate(3001, image);
  cluster.submit();
  CHECK(cluster.dispatch_all() == Engines{3001});
}

}  // namespace muster::controller
