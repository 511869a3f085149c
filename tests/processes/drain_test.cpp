// A node that is told by a signal that its time is soon over (rule 34).

#include <algorithm>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"

using Catch::Contains;
using muster::test::Child;
using muster::test::Cluster;
using muster::test::eventually;
using muster::test::Gate;
using muster::test::program;

namespace {

/// Returns which process it was, once the gate is open.
int wait_at(const std::string& gate, int number) {
  muster::test::note(gate, "began-" + std::to_string(number) + "-" + std::to_string(::getpid()));
  muster::test::pass(gate);
  return ::getpid();
}

/// A cluster of two hosts, in a manner of speaking: one engine of its own, and one of a node that
/// has joined. An engine gets two tasks at most.
struct TwoNodes {
  Cluster cluster{1, {"--bind", "127.0.0.1", "--hwm", "2"}};
  Gate gate{cluster.sandbox().path()};
  Child node;
  muster::Client client;

  explicit TwoNodes(const std::string& drain_time)
      : node({program("muster"), "node", "--connect",
              cluster.sandbox().path() / "state/muster/default/default/connection-node.json", "-n",
              "1", "--drain-time", drain_time},
             cluster.sandbox().path() / "outputs") {
    REQUIRE(node.has_said("1 engine joined"));
    client.wait_for_engines(2);
  }

  std::vector<muster::AsyncResult<int>> submit(int count) {
    std::vector<muster::AsyncResult<int>> results;
    for (int i = 0; i < count; ++i)
      results.push_back(client.load_balanced_view().apply<wait_at>(gate.path(), i));
    return results;
  }
  nlohmann::json engine(int id) const {
    const nlohmann::json status = cluster.status();
    for (const auto& engine : status.at("engines")) {
      if (engine.at("id") == id) return engine;
    }
    return nullptr;
  }
  bool each_engine_holds(int count) const {
    return eventually(
        [&] { return engine(0).at("held") == count && engine(1).at("held") == count; });
  }
  std::uint64_t crashes() const { return cluster.status().at("totals").at("crashes"); }
};

}  // namespace

TEST_CASE("a node that gets SIGUSR1 ends what runs there, the rest runs elsewhere, and it leaves") {
  TwoNodes both("600");
  const auto results = both.submit(4);
  REQUIRE(both.gate.has_notes("began", 2));
  REQUIRE(both.each_engine_holds(2));
  const int node_engine = both.engine(1).at("pid");
  both.node.signal(SIGUSR1);
  REQUIRE(eventually([&] { return both.engine(1).at("state") == "draining"; }));
  CHECK(eventually([&] { return both.engine(1).at("held") == 1; }));
  CHECK_THAT(both.cluster.sandbox().muster({"status"}).out,
             Contains("draining") && Contains("the node ends soon (SIGUSR1)"));
  both.node.signal(SIGUSR2);  // it drains already
  both.gate.open();
  int ran_there = 0;
  for (const auto& result : results) {
    ran_there += result.get() == node_engine;
    CHECK(result.info().attempts == 1);
  }
  CHECK(ran_there == 1);
  CHECK(both.node.wait().code == 0);
  CHECK(both.gate.notes("began").size() == 4);
  CHECK(both.crashes() == 0);
  CHECK(both.client.load_balanced_view().apply<wait_at>(both.gate.path(), 9).get() != node_engine);
  CHECK(both.cluster.stop().code == 0);
  CHECK_THAT(both.cluster.wait().err, Contains("the node ends soon (SIGUSR1): engine 1, on ") &&
                                          Contains(", drains for at most 600 s"));
}

TEST_CASE("what runs longer than a node's --drain-time runs elsewhere, and is charged no crash") {
  TwoNodes both("0");
  const auto results = both.submit(2);
  REQUIRE(both.gate.has_notes("began", 2));
  // A start counts when the controller has heard of it.
  REQUIRE(eventually([&] { return both.engine(1).at("running").is_object(); }));
  both.node.signal(SIGUSR2);
  CHECK(both.node.wait().code == 0);
  CHECK(both.gate.notes("began").size() == 2);  // the other engine is busy
  both.gate.open();
  std::vector<int> attempts;
  for (const auto& result : results) {
    result.get();
    attempts.push_back(result.info().attempts);
  }
  std::sort(attempts.begin(), attempts.end());
  CHECK(attempts == std::vector<int>{1, 2});
  CHECK(both.crashes() == 0);
}

TEST_CASE("what a view addresses to an engine that drains ends at once, and not what runs there") {
  TwoNodes both("600");
  auto view = both.client[1];
  const auto running = view.apply<wait_at>(both.gate.path(), 0);
  REQUIRE(both.gate.has_notes("began", 1));
  both.node.signal(SIGUSR1);
  REQUIRE(eventually([&] { return both.engine(1).at("state") == "draining"; }));
  CHECK_THROWS_WITH(view.apply<wait_at>(both.gate.path(), 1).get(), Contains("takes no new tasks"));
  both.gate.open();
  CHECK(running.get() > 0);
  CHECK(both.node.wait().code == 0);
}
