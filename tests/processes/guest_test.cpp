// Engines that are added to a running cluster, and that leave it.

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/muster.hpp>

#include "tests/processes/child.hpp"
#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"

using Catch::Contains;
using muster::test::bound;
using muster::test::Child;
using muster::test::Cluster;
using muster::test::eventually;
using muster::test::Finished;
using muster::test::Gate;
using muster::test::program;

namespace {

int where(muster::Context& context, std::string gate) {
  muster::test::note(gate,
                     "on-" + std::to_string(context.engine()) + "-" + std::to_string(::getpid()));
  muster::test::pass(gate);
  return context.engine();
}

std::size_t engines_of(const Cluster& cluster) {
  return cluster.status().at("engines").size();
}

}  // namespace

TEST_CASE("engines that were added take tasks, and when they leave their tasks run elsewhere") {
  const Cluster cluster(1);
  Child guests({program("muster"), "engines", "-n", "2"}, cluster.sandbox().path() / "outputs");
  REQUIRE(guests.has_said("2 engines joined"));
  REQUIRE(engines_of(cluster) == 3);

  const muster::Client client;
  const Gate gate(cluster.sandbox().path());
  std::vector<muster::AsyncResult<int>> results;
  for (int i = 0; i < 3; ++i) {
    results.push_back(client.load_balanced_view({.max_crashes = 1}).apply<where>(gate.path()));
  }
  REQUIRE(gate.has_notes("on-", 3));  // each of the three engines has one
  guests.signal(SIGINT);
  const Finished finished = guests.wait();
  CHECK(finished.code == 0);
  CHECK(finished.err.empty());
  // They run again before they are let go, so nobody waited for a silent node.
  gate.open();
  for (const auto& result : results)
    CHECK(result.get(bound) == 0);
  CHECK(eventually([&] { return engines_of(cluster) == 1; }));
  const Finished addressed = cluster.sandbox().muster({"run", "--engine", "2", "--", "true"});
  CHECK(addressed.code == 125);
  CHECK_THAT(addressed.err, Contains("there is no engine 2"));
}

TEST_CASE("all() means engines that join later, too, and other views the same as before") {
  const Cluster cluster(1);
  const muster::Client client;
  const auto all = client.all();
  const auto those = client[client.ids()];
  CHECK(all.targets() == std::vector{0});
  {
    Child guests({program("muster"), "engines", "-n", "2"}, cluster.sandbox().path() / "outputs");
    REQUIRE(guests.has_said("2 engines joined"));
    REQUIRE(eventually([&] { return client.ids() == std::vector{0, 1, 2}; }));
    const auto number = [](muster::Context& context) { return context.engine(); };
    CHECK(all.apply(number).get(bound) == std::vector{0, 1, 2});
    CHECK(those.apply(number).get(bound) == std::vector{0});
    const auto last = client[-1];
    CHECK(last.apply(number).get(bound) == 2);

    guests.signal(SIGINT);
    guests.wait();
    CHECK(eventually([&] { return client.ids() == std::vector{0}; }));
    CHECK_THROWS_AS(last.apply(number).get(bound), muster::EngineLost);
    CHECK_THROWS_AS(client[2], muster::ClusterError);
  }
  CHECK(all.size() == 1);
}

TEST_CASE(
    "a task that waits at a busy engine goes to one that joins, though it runs no program yet") {
  const Cluster cluster(1);
  const muster::Client client;
  const Gate gate(cluster.sandbox().path());
  std::vector<muster::AsyncResult<int>> results;
  for (int i = 0; i < 2; ++i)
    results.push_back(client.load_balanced_view().apply<where>(gate.path()));
  REQUIRE(gate.has_notes("on-", 1));
  // Nothing waits in the controller that would ask for another engine.
  REQUIRE(eventually([&] { return cluster.status().at("queue").at("held") == 2; }));
  const Child guests({program("muster"), "engines", "-n", "1"},
                     cluster.sandbox().path() / "outputs");
  CHECK(gate.has_notes("on-1-", 1));
  gate.open();
  CHECK(results[0].get(bound) + results[1].get(bound) == 1);
}

TEST_CASE("engines that were added end with the cluster, and stop waits for them") {
  Cluster cluster(0);
  const Finished guests = cluster.sandbox().muster({"engines", "-n", "1", "--daemonize"});
  INFO(guests.err);
  REQUIRE(guests.code == 0);
  CHECK_THAT(guests.out, Contains("1 engine joined") && Contains("kill "));
  CHECK(engines_of(cluster) == 1);
  CHECK(cluster.stop().code == 0);
  CHECK(cluster.wait().code == 0);
  CHECK(cluster.sandbox().processes().empty());
}

TEST_CASE("engines that were added end when all of the cluster was killed") {
  Cluster cluster(1);
  Child guests({program("muster"), "engines", "-n", "1"}, cluster.sandbox().path() / "outputs");
  REQUIRE(guests.has_said("1 engine joined"));
  for (const pid_t pid : {cluster.launcher(), cluster.controller(), cluster.node()})
    ::kill(pid, SIGKILL);
  CHECK(guests.wait().code == 0);
  CHECK(cluster.sandbox().becomes_empty());
}

TEST_CASE("engines for a cluster that doesn't run are refused with 3") {
  const muster::test::Sandbox sandbox;
  const Finished guests = sandbox.muster({"engines", "-n", "1"});
  CHECK(guests.code == 3);
  CHECK_THAT(guests.err, Contains("is not running") && Contains("muster start"));
}

TEST_CASE("a controller without engines gets them from elsewhere, and Ctrl-C ends all") {
  const muster::test::Sandbox sandbox;
  Child controller({program("muster"), "controller"}, sandbox.path() / "outputs");
  REQUIRE(controller.has_said("muster stop"));
  const Finished guests = sandbox.muster({"engines", "-n", "1", "--daemonize"});
  INFO(guests.err);
  REQUIRE(guests.code == 0);
  CHECK(sandbox.muster({"run", "--", "echo", "here"}).out == "here\n");
  controller.signal(SIGINT);
  CHECK(controller.wait().code == 0);
  CHECK(sandbox.becomes_empty());
}
