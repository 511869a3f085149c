// Which engines run a task, and which task goes first: ViewOptions::targets, follow and priority.

#include <csignal>
#include <cstdint>
#include <fstream>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/sandbox.hpp"

using Catch::Contains;
using muster::AsyncResult;
using muster::On;
using muster::test::bound;
using muster::test::Gate;

namespace {

std::int64_t process_id(int /*number*/) {
  return ::getpid();
}
std::int64_t process_id_behind_gate(const std::string& gate) {
  muster::test::note(gate, "started-" + std::to_string(::getpid()));
  muster::test::pass(gate);
  return ::getpid();
}
/// The how-manyth of these it is that this process runs.
int position() {
  static int count = 0;
  return ++count;
}
std::int64_t only_on_some(const std::string& file, std::int64_t good, muster::Context& context) {
  std::ofstream(file, std::ios::app) << context.engine() << '\n';
  if (context.engine() != good)
    throw muster::UnmetDependency("no model on engine " + std::to_string(context.engine()));
  return ::getpid();
}
std::int64_t item_only_on_some(int /*number*/, muster::Context& context) {
  if (context.engine() == 0) throw muster::UnmetDependency("not here");
  return context.engine();
}
bool is_last(const muster::Context& context) {
  return context.engine() == 2;
}
bool is_nowhere() {
  return false;
}
std::int64_t engine_of(int /*number*/, muster::Context& context) {
  return context.engine();
}
int fails() {
  throw std::runtime_error("no such file");
}

std::vector<int> numbers(std::size_t count) {
  std::vector<int> all(count);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace

TEST_CASE("a view with targets runs its tasks and maps on these engines, on all of them") {
  const muster::test::Sandbox sandbox;
  const Gate gate(sandbox.path());
  const muster::Cluster cluster({.engines = 3});
  const auto view = cluster.load_balanced_view().with({.targets = {0, -1}});
  // Two that each hold an engine: the second can't go where the first is.
  const auto a = view.apply<process_id_behind_gate>(gate.path());
  const auto b = view.apply<process_id_behind_gate>(gate.path());
  REQUIRE(gate.has_notes("started", 2));
  const auto c = view.apply<process_id>(1);
  gate.open();
  std::set<std::int64_t> named{a.get(bound), b.get(bound)};
  CHECK(std::set{a.info().engine, b.info().engine} == std::set{0, 2});
  CHECK(named.count(c.get(bound)) == 1);
  for (const std::int64_t id : view.map<process_id>(numbers(1000)))
    CHECK(named.count(id) == 1);
}

TEST_CASE("a view can't name an engine that isn't there") {
  const muster::Cluster cluster({.engines = 2});
  CHECK_THROWS_WITH(cluster.load_balanced_view().with({.targets = {7}}), Contains("engine 7"));
}

TEST_CASE("a task whose engine's process is killed runs again on an engine that its view names") {
  const muster::test::Cluster cluster(3);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  const auto view = client.load_balanced_view().with({.targets = {1}});
  const auto result = view.apply<process_id_behind_gate>(gate.path());
  REQUIRE(gate.has_notes("started", 1));
  const pid_t killed = cluster.engines().at(1);
  ::kill(killed, SIGKILL);
  REQUIRE(gate.has_notes("started", 2));
  gate.open();
  CHECK(result.get(bound) != killed);
  CHECK(result.info().engine == 1);
}

TEST_CASE("when the engines that a view names have left the cluster its tasks end and say so") {
  const muster::test::Cluster cluster(1);
  const Gate gate(cluster.sandbox().path());
  muster::test::Child guest({muster::test::program("muster"), "engines", "-n", "1"},
                            cluster.sandbox().path() / "outputs");
  const muster::Client client;
  REQUIRE(muster::test::eventually([&] { return client.ids().size() == 2; }));
  const auto view = client.load_balanced_view().with({.targets = {1}});
  const auto runs = view.apply<process_id_behind_gate>(gate.path());
  REQUIRE(gate.has_notes("started", 1));
  const auto waits = view.apply<process_id>(1);
  guest.signal(SIGTERM);
  CHECK_THROWS_AS(runs.get(bound), muster::ImpossibleDependency);
  CHECK_THROWS_WITH(waits.get(bound), Contains("no engine is left that may run this task") &&
                                          Contains("engine 1 has left the cluster"));
  guest.wait();
  gate.open();
  // The cluster goes on, for those who don't mind where.
  const auto anywhere = client.load_balanced_view().apply<process_id>(1);
  anywhere.get(bound);
  CHECK(anywhere.info().engine == 0);
}

TEST_CASE("a task that follows another runs on the same engine") {
  const muster::Cluster cluster({.engines = 3});
  const auto view = cluster.load_balanced_view();
  for (int n = 0; n < 20; ++n) {
    const auto first = view.apply<process_id>(n);
    const auto second = view.with({.follow = {first}}).apply<process_id>(n);
    const auto third = view.with({.follow = {second}}).apply<process_id>(n);
    CHECK(third.get(bound) == first.get(bound));
    CHECK(second.get(bound) == first.get(bound));
  }
}

TEST_CASE("a task can follow any of several, but all of them only where all have run") {
  const muster::test::Sandbox sandbox;
  const Gate gate(sandbox.path());
  const muster::Cluster cluster({.engines = 3});
  const auto view = cluster.load_balanced_view();
  std::vector<AsyncResult<std::int64_t>> both;
  both.push_back(view.apply<process_id_behind_gate>(gate.path()));
  both.push_back(view.apply<process_id_behind_gate>(gate.path()));
  REQUIRE(gate.has_notes("started", 2));  // so they run on two engines
  const auto any = view.with({.follow = muster::any_of(both)}).apply<process_id>(1);
  const auto all = view.with({.follow = muster::all_of(both)}).apply<process_id>(1);
  gate.open();
  const std::int64_t where = any.get(bound);
  CHECK((where == both[0].get(bound) || where == both[1].get(bound)));
  CHECK_THROWS_AS(all.get(bound), muster::ImpossibleDependency);
}

TEST_CASE("what cleans up after a task that failed follows it to its engine") {
  const muster::Cluster cluster({.engines = 3});
  const auto view = cluster.load_balanced_view();
  const auto bad = view.apply<fails>();
  const auto after = view.with({.follow = muster::all_of({bad}, On::failure)}).apply<process_id>(1);
  after.get(bound);
  CHECK(after.info().engine == bad.info().engine);
}

TEST_CASE("a task that needs something runs where it is, and else waits for it and says so") {
  const muster::test::Cluster cluster(1, {"--resources", "bigmem,gpu=1"});
  const muster::Client client;
  const auto view = client.load_balanced_view();
  CHECK(view.with({.needs = {"bigmem", "gpu"}}).apply<process_id>(1).get(bound) ==
        view.apply<process_id>(1).get(bound));
  auto waits = view.with({.needs = {"gpu=4"}}).map<process_id>(numbers(50));
  REQUIRE(muster::test::eventually(
      [&] { return cluster.status().at("queue").at("reasons").at("needs") == 50; }));
  CHECK(view.apply<process_id>(1).get(bound) > 0);  // others pass
  muster::test::Child guest(
      {muster::test::program("muster"), "engines", "-n", "1", "--resources", "gpu=4"},
      cluster.sandbox().path() / "outputs");
  for (const std::int64_t id : waits)
    CHECK(id == cluster.engines().at(1));
  CHECK(cluster.status().at("engines").at(1).at("resources") == nlohmann::json{"gpu=4"});
  guest.signal(SIGTERM);
  guest.wait();
}

TEST_CASE("what an engine that was named doesn't have can't come, and the error says what it is") {
  const muster::Cluster cluster({.engines = 2, .resources = {"gpu"}});
  const auto view = cluster.load_balanced_view();
  const auto first = view.apply<process_id>(1);
  CHECK_THROWS_WITH(
      view.with({.follow = {first}, .needs = {"gpu=2"}}).apply<process_id>(1).get(bound),
      Contains("doesn't have gpu=2"));
  CHECK_THROWS_WITH(view.with({.needs = {"gpu=none"}}),
                    Contains("ViewOptions::needs") && Contains("gpu=2"));
  CHECK_THROWS_WITH(muster::Cluster({.engines = 1, .resources = {"two words"}}),
                    Contains("ClusterOptions::resources"));
}

TEST_CASE("a task that doesn't find what it looks for goes to an engine where it hasn't looked") {
  const muster::test::Sandbox sandbox;
  const muster::Cluster cluster({.engines = 3});
  REQUIRE(cluster.ids().size() == 3);
  const auto view = cluster.load_balanced_view();
  for (const std::int64_t good : {0, 1, 2}) {
    const std::string file = sandbox.path() / ("looked-" + std::to_string(good));
    const auto result = view.apply<only_on_some>(file, good);
    result.get(bound);
    CHECK(result.info().engine == good);
    std::ifstream lines(file);
    std::set<int> engines;
    int starts = 0;
    for (int engine = 0; lines >> engine; ++starts)
      engines.insert(engine);
    CHECK(static_cast<int>(engines.size()) == starts);
  }
  for (const std::int64_t engine : view.map<item_only_on_some>(numbers(300)))
    CHECK(engine != 0);
}

TEST_CASE("a task that depends on a predicate runs on an engine where that holds") {
  const muster::Cluster cluster({.engines = 3});
  REQUIRE(cluster.ids().size() == 3);
  const muster::Client client = cluster.client();
  const auto view = client.load_balanced_view();
  const auto last = view.apply<muster::depend<is_last, engine_of>>(1);
  CHECK(last.get(bound) == 2);
  CHECK_THAT(client.history({.id = last.id()}).front().function,
             Contains("engine_of") && !Contains("Depending"));
  for (const std::int64_t engine : view.map<muster::depend<is_last, engine_of>>(numbers(100)))
    CHECK(engine == 2);
  const auto lambda = view.apply<muster::depend<[] { return true; }, fails>>();
  CHECK_THROWS_WITH(lambda.get(bound), Contains("no such file"));
  const auto nowhere = view.apply<muster::depend<is_nowhere, engine_of>>(1);
  CHECK_THROWS_AS(nowhere.get(bound), muster::UnmetDependency);
  CHECK_THROWS_WITH(nowhere.get(bound), Contains("is_nowhere") && Contains("is false on engine"));
  CHECK(nowhere.info().attempts == 3);
}

TEST_CASE(
    "a task that finds on no engine what it looks for ends, and says what the last one said") {
  const muster::test::Sandbox sandbox;
  const muster::Cluster cluster({.engines = 2});
  REQUIRE(cluster.ids().size() == 2);
  const auto view = cluster.load_balanced_view();
  const std::string file = sandbox.path() / "looked";
  const auto nowhere = view.apply<only_on_some>(file, std::int64_t{7});
  CHECK_THROWS_AS(nowhere.get(bound), muster::UnmetDependency);
  CHECK_THROWS_WITH(nowhere.get(bound), Contains("no engine that may run this task") &&
                                            Contains("said: no model on engine"));
  CHECK(nowhere.info().attempts == 2);
  // What is addressed isn't tried elsewhere, and what waits for it can't start.
  const auto there = cluster[1].apply<only_on_some>(file, std::int64_t{0});
  CHECK_THROWS_WITH(there.get(bound), Contains("engine 1 said: no model on engine 1"));
  CHECK_THROWS_AS(view.with({.after = {nowhere}}).apply<process_id>(1).get(bound),
                  muster::ImpossibleDependency);
  CHECK_THROWS_AS(view.with({.targets = {1}}).apply<only_on_some>(file, std::int64_t{0}).get(bound),
                  muster::UnmetDependency);
}

TEST_CASE("a task of higher priority goes before those that wait already, maps included") {
  const muster::test::Sandbox sandbox;
  const Gate gate(sandbox.path());
  const muster::Cluster cluster({.engines = 1});
  const auto view = cluster.load_balanced_view();
  const auto first = view.apply<process_id_behind_gate>(gate.path());
  REQUIRE(gate.has_notes("started", 1));
  std::vector<AsyncResult<int>> usual;
  for (int n = 0; n < 200; ++n)
    usual.push_back(view.apply<position>());
  const auto map = view.map<process_id>(numbers(100'000));
  const auto low = view.with({.priority = -1}).apply<position>();
  const auto high = view.with({.priority = 1}).apply<position>();
  // The cluster has them all before the engine gets on.
  const auto marker =
      view.with({.timeouts = {.queue = std::chrono::nanoseconds(1)}}).apply<process_id>(1);
  CHECK_THROWS_AS(marker.get(bound), muster::TimedOut);
  gate.open();
  CHECK(high.get(bound) < 100);
  CHECK(low.get(bound) == 202);
  for (std::size_t n = 1; n < usual.size(); ++n)
    CHECK(usual[n - 1].get(bound) < usual[n].get(bound));
}
