// Parts of the cluster, or its client, are stopped or killed while tasks run. The other side hears
// of it, and nothing is left behind.

#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/muster.hpp>

#include "tests/processes/child.hpp"
#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"

using muster::AsyncResult;
using muster::test::bound;
using muster::test::Child;
using muster::test::Cluster;
using muster::test::eventually;
using muster::test::Gate;
using muster::test::program;

namespace {

int behind_gate(const std::string& gate) {
  muster::test::note(gate, "started");
  muster::test::pass(gate);
  return 1;
}

/// The process that it runs in.
int pid_behind_gate(const std::string& gate) {
  muster::test::note(gate, "on-" + std::to_string(::getpid()));
  muster::test::pass(gate);
  return ::getpid();
}

int one() {
  return 1;
}

/// Starts a process that leaves its session, its group and its parent behind.
int start_stray() {
  return std::system("setsid sleep 1000 >/dev/null 2>&1 &");
}

/// A client in the middle of its work, with a task that runs and two that wait.
struct Work {
  explicit Work(const Cluster& cluster) : gate(cluster.sandbox().path()) {
    for (int i = 0; i < 3; ++i) {
      results.push_back(client.load_balanced_view().apply<behind_gate>(gate.path()));
    }
    REQUIRE(gate.has_notes("started", 1));
  }
  /// Every wait ends with ConnectionLost, and so does whatever is tried then.
  void check_lost() const {
    for (const auto& result : results)
      CHECK_THROWS_AS(result.get(bound), muster::ConnectionLost);
    CHECK_THROWS_AS(client.load_balanced_view().apply<one>(), muster::ConnectionLost);
    CHECK_NOTHROW(results.front().cancel());
  }

  Gate gate;
  muster::Client client;
  std::vector<AsyncResult<int>> results;
};

}  // namespace

TEST_CASE("a stop while tasks run ends every wait with ConnectionLost") {
  Cluster cluster(1);
  const Work work(cluster);
  CHECK(cluster.stop().code == 0);
  CHECK(cluster.sandbox().processes().empty());  // stop has waited for them
  work.check_lost();
  CHECK(cluster.wait().code == 0);
}

TEST_CASE("kill -9 of the node ends every wait with ConnectionLost and leaves no process") {
  Cluster cluster(2);
  const Work work(cluster);
  ::kill(cluster.node(), SIGKILL);
  work.check_lost();
  CHECK(cluster.sandbox().becomes_empty());
  const auto launcher = cluster.wait();
  CHECK(launcher.code == 1);
  CHECK_THAT(launcher.err, Catch::Contains("node"));
}

TEST_CASE("kill -9 of the launcher ends every wait with ConnectionLost and leaves no process") {
  Cluster cluster(2);
  const Work work(cluster);
  ::kill(cluster.launcher(), SIGKILL);
  work.check_lost();
  CHECK(cluster.sandbox().becomes_empty());
  CHECK(cluster.sandbox().muster({"status"}).code == 3);
}

TEST_CASE("the tasks of a killed client are dropped, and the cluster serves others") {
  Cluster cluster(1);
  Gate gate(cluster.sandbox().path());
  Child other({program("patient_client"), gate.path(), "50"}, cluster.sandbox().path() / "outputs");
  REQUIRE(other.has_said("submitted"));
  REQUIRE(gate.has_notes("started-", 1));
  other.signal(SIGKILL);
  CHECK(other.wait().signal == SIGKILL);
  muster::Client client;
  CHECK(client.load_balanced_view().apply<one>().get(bound) == 1);
  CHECK(eventually([&] {
    const auto status = cluster.status();
    return status.at("queue").at("waiting") == 0 && status.at("queue").at("held") == 0 &&
           status.at("clients").size() == 1;
  }));
  CHECK(gate.notes("started-").size() <= 2);  // those that were at the engine, at most
}

TEST_CASE("what a killed client was running ends with its process when it doesn't stop") {
  Cluster cluster(1);
  Gate gate(cluster.sandbox().path());
  Child other({program("patient_client"), gate.path(), "1", "stubborn"},
              cluster.sandbox().path() / "outputs");
  REQUIRE(other.has_said("submitted"));
  REQUIRE(gate.has_notes("started-", 1));
  other.signal(SIGKILL);
  CHECK(other.wait().signal == SIGKILL);
  muster::Client client;
  CHECK(client.load_balanced_view().apply<one>().get(bound) == 1);
}

TEST_CASE("a program that waits for a cluster says so, and goes on when one is started") {
  const muster::test::Sandbox sandbox;
  const Gate gate(sandbox.path());
  gate.open();
  Child waiting({program("patient_client"), gate.path(), "3"}, sandbox.path() / "outputs");
  CHECK(eventually([&] { return !waiting.err().empty(); }));
  CHECK_THAT(waiting.err(), Catch::Contains("waiting for a cluster") &&
                                Catch::Contains("there is no " + sandbox.path().string()));
  CHECK(sandbox.muster({"start", "-n", "1", "--daemonize"}).code == 0);
  CHECK(waiting.wait().out == "submitted\n3 results\n");
  CHECK(sandbox.muster({"stop"}).code == 0);
}

TEST_CASE("a client that is made after the cluster was killed is told so") {
  Cluster cluster(1);
  ::kill(cluster.launcher(), SIGKILL);
  CHECK(cluster.sandbox().becomes_empty());
  CHECK_THROWS_AS(muster::Client({.wait = std::chrono::seconds(0)}), muster::NoCluster);
}

TEST_CASE("a client of a cluster without engines says once why its task waits") {
  Cluster cluster(0);
  Child lonely({program("lonely_client")}, cluster.sandbox().path() / "outputs");
  REQUIRE(lonely.has_said("still waiting"));
  const auto finished = lonely.wait();
  CHECK(finished.code == 0);
  CHECK(finished.out == "still waiting\ncancelled\n");
  CHECK_THAT(finished.err, Catch::Contains("no engines"));
  CHECK_THAT(finished.err, Catch::Contains("muster engines"));
  CHECK(finished.err.find("no engines") == finished.err.rfind("no engines"));
}

TEST_CASE("status says that tasks wait because the only engine doesn't answer") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  CHECK(view.apply<one>().get(bound) == 1);
  const pid_t engine = cluster.engines().front();
  ::kill(engine, SIGSTOP);
  REQUIRE(
      eventually([&] { return cluster.status().at("engines").at(0).at("state") == "suspect"; }));
  const muster::AsyncResult<int> result = view.apply<one>();
  CHECK(eventually(
      [&] { return cluster.status().at("queue").at("reasons").value("silent", 0) == 1; }));
  ::kill(engine, SIGCONT);
  CHECK(result.get(bound) == 1);
}

TEST_CASE("status says that a task waits for the engine that it is addressed to") {
  Cluster cluster(2);
  muster::Client client;
  const auto first = client[0];
  CHECK(first.apply<one>().get(bound) == 1);
  const pid_t engine = cluster.engines().front();
  ::kill(engine, SIGSTOP);
  REQUIRE(
      eventually([&] { return cluster.status().at("engines").at(0).at("state") == "suspect"; }));
  const muster::AsyncResult<int> result = first.apply<one>();
  CHECK(client[1].apply<one>().get(bound) == 1);
  CHECK(eventually(
      [&] { return cluster.status().at("queue").at("reasons").value("target", 0) == 1; }));
  ::kill(engine, SIGCONT);
  CHECK(result.get(bound) == 1);
  CHECK(cluster.status().at("queue").at("reasons").value("target", 1) == 0);
}

TEST_CASE("rule 31: a process that is stopped is given up, is ended, and its task runs elsewhere") {
  Cluster cluster(2);
  Gate gate(cluster.sandbox().path());
  muster::Client client;
  const auto result = client.load_balanced_view().apply<pid_behind_gate>(gate.path());
  REQUIRE(gate.has_notes("on-", 1));
  const pid_t stopped = std::stoi(gate.notes("on-").front().substr(3));
  REQUIRE(::kill(stopped, SIGSTOP) == 0);
  CHECK(gate.has_notes("on-", 2));
  CHECK(eventually([&] { return ::kill(stopped, 0) != 0; }));
  gate.open();
  CHECK(result.get(bound) != stopped);
  CHECK(result.info().attempts == 2);
}

TEST_CASE("what a task has started ends with the cluster, wherever it has hidden") {
  const std::string how = GENERATE("stop", "launcher", "node");
  CAPTURE(how);
  Cluster cluster(1);
  muster::Client client;
  REQUIRE(client.load_balanced_view().apply<start_stray>().get(bound) == 0);
  if (how == "launcher") ::kill(cluster.launcher(), SIGKILL);
  if (how == "node") ::kill(cluster.node(), SIGKILL);
  if (how == "stop") {
    CHECK(cluster.stop().code == 0);
    CHECK(cluster.sandbox().processes().empty());
  }
  CHECK(cluster.sandbox().becomes_empty());
}
