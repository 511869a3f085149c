// Sessions that get no dispatch for a while: what that means for their tasks, and for others' not.

#include <cstdint>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "controller/scheduler.hpp"

namespace muster::controller {
namespace {

using Counters = std::vector<std::uint64_t>;
constexpr ImageRef image = 0;
constexpr ImageRef other_image = 1;
constexpr SessionRef reader = 0;
constexpr SessionRef sleeper = 1;

struct Cluster {
  Scheduler scheduler{Scheduler::Config{.credit = 100}};

  Cluster() { scheduler.activate(0, image); }

  TaskRef submit(SessionRef session, std::uint64_t counter, ImageRef of = image, int target = -1) {
    auto history = std::make_unique<TaskHistory>();
    history->options.target = target;
    return scheduler.submit(session, counter, 0, of, {}, std::move(history));
  }
  /// The counters of all dispatches that are possible now, in order.
  Counters dispatch_all() {
    Counters counters;
    while (const auto dispatch = scheduler.dispatch({}))
      counters.push_back(scheduler[dispatch->task].counter);
    return counters;
  }
};

}  // namespace

TEST_CASE("a blocked session's tasks wait, whenever they came, and others' go") {
  Cluster cluster;
  cluster.submit(sleeper, 1);
  cluster.submit(reader, 11);
  cluster.scheduler.block(sleeper);
  cluster.submit(sleeper, 2);
  cluster.submit(reader, 12);
  CHECK(cluster.dispatch_all() == Counters{11, 12});
  CHECK(cluster.scheduler.waiting() == 2);
  CHECK(cluster.scheduler.waiting(sleeper, image) == 2);
  cluster.scheduler.unblock(sleeper);
  CHECK(cluster.dispatch_all() == Counters{1, 2});
  CHECK(cluster.scheduler.waiting() == 0);
}

TEST_CASE("no engine is wanted for a program whose session is blocked") {
  Cluster cluster;
  cluster.submit(sleeper, 1, other_image);
  CHECK(cluster.scheduler.wanted_images() == std::vector<ImageRef>{other_image});
  cluster.scheduler.block(sleeper);
  CHECK(cluster.scheduler.wanted_images().empty());
  CHECK(cluster.scheduler.waiting(other_image) == 0);
  cluster.submit(reader, 1, other_image);
  CHECK(cluster.scheduler.waiting(other_image) == 1);
  cluster.scheduler.unblock(sleeper);
  CHECK(cluster.scheduler.waiting(other_image) == 2);
}

TEST_CASE("what a blocked session has addressed to an engine is in nobody's way") {
  Cluster cluster;
  cluster.submit(sleeper, 1, image, 0);
  cluster.submit(sleeper, 2, image, 0);
  cluster.scheduler.block(sleeper);
  CHECK(cluster.scheduler.addressed_engines().empty());
  cluster.submit(sleeper, 3, image, 0);
  cluster.submit(reader, 11, image, 0);
  CHECK(cluster.dispatch_all() == Counters{11});
  CHECK(cluster.scheduler.addressed_tasks(0, image).size() == 3);
  cluster.scheduler.unblock(sleeper);
  CHECK(cluster.dispatch_all() == Counters{1, 2, 3});
}

TEST_CASE("a blocked session's tasks can come back, be split and be forgotten") {
  Cluster cluster;
  const TaskRef back = cluster.submit(sleeper, 1);
  REQUIRE(cluster.dispatch_all() == Counters{1});
  cluster.scheduler.block(sleeper);
  CHECK(cluster.scheduler.move(back) == Scheduler::Verdict::again);
  const TaskRef row = cluster.scheduler.submit(sleeper, 2, 0, image, {}, nullptr, 6);
  cluster.scheduler.split(row, 5);
  cluster.scheduler.forget_first(row);  // of the part behind, which begins with 5
  const TaskRef gone = cluster.submit(sleeper, 8);
  cluster.scheduler.release(gone);
  CHECK(cluster.scheduler.waiting(sleeper, image) == 6);
  CHECK(cluster.scheduler.waiting(image) == 0);
  CHECK(cluster.dispatch_all().empty());
  cluster.scheduler.unblock(sleeper);
  CHECK(cluster.scheduler.waiting(image) == 6);
  CHECK(cluster.dispatch_all() == Counters{1, 2, 6});
}

TEST_CASE("what a blocked session has at an engine can be asked back without what others have") {
  Cluster cluster;
  cluster.submit(reader, 11);
  const TaskRef first = cluster.submit(sleeper, 1);
  const TaskRef second = cluster.submit(sleeper, 2);
  cluster.submit(reader, 12);
  cluster.dispatch_all();
  const Scheduler::Recall recall = cluster.scheduler.recall_all(0, sleeper);
  CHECK(recall.tasks == std::vector<TaskRef>{second, first});
}

TEST_CASE("a session that leaves while it is blocked leaves nothing behind") {
  Cluster cluster;
  const TaskRef task = cluster.submit(sleeper, 1);
  cluster.scheduler.block(sleeper);
  cluster.scheduler.release(task);
  cluster.scheduler.unblock(sleeper);
  CHECK(cluster.scheduler.waiting() == 0);
  cluster.submit(reader, 11);  // takes the queue over
  CHECK(cluster.dispatch_all() == Counters{11});
}

}  // namespace muster::controller
