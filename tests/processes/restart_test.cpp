// The controller is killed at any moment and started again: what runs goes on, what was submitted
// arrives, and nothing runs a second time that an engine still holds (rules 6, 7, 27 and 29).

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <numeric>
#include <random>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

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

int squared(int n) {
  return n * n;
}

int slowly_squared(int n) {
  ::usleep(2'000);
  return n * n;
}

pid_t own_pid() {
  return ::getpid();
}

/// Leaves a note for each time that it is run.
int behind_gate(const std::string& gate, int number) {
  static int runs = 0;
  muster::test::note(gate, "run-" + std::to_string(number) + "-of-" + std::to_string(::getpid()) +
                               "-" + std::to_string(++runs));
  muster::test::pass(gate);
  return number;
}

int until_stopped(const std::string& gate, std::stop_token stop) {
  muster::test::note(gate, "started");
  const bool passed = muster::test::pass(gate, stop);
  muster::test::note(gate, passed ? "passed" : "stopped");
  return 1;
}

std::vector<double> negated(std::vector<double> numbers) {
  for (double& number : numbers)
    number = -number;
  return numbers;
}

void end_own_process(const std::string& gate) {
  muster::test::note(gate, "dying");
  ::raise(SIGKILL);
}

}  // namespace

TEST_CASE("rule 7: a task that runs while the controller is killed goes on and runs once") {
  Cluster cluster(2);
  muster::Client client;
  const auto view = client.load_balanced_view();
  Gate gate(cluster.sandbox().path());
  std::vector<AsyncResult<int>> results;
  for (int i = 0; i < 2; ++i)
    results.push_back(view.apply<behind_gate>(gate.path(), i));
  for (int i = 2; i < 6; ++i)
    results.push_back(view.apply<behind_gate>(gate.path(), i));
  REQUIRE(gate.has_notes("run-", 2));
  const std::vector<pid_t> engines = cluster.engines();
  const pid_t before = cluster.controller();
  const pid_t after = cluster.kill_controller();
  CHECK(after != before);
  REQUIRE(eventually([&] {
    const auto status = cluster.sandbox().muster({"status", "--json"});
    if (status.code != 0 || status.out.find("\"recovering\":false") == std::string::npos)
      return false;
    const auto engines_now = nlohmann::json::parse(status.out).at("engines");
    return std::all_of(engines_now.begin(), engines_now.end(),
                       [](const auto& engine) { return engine.at("state") == "ready"; });
  }));
  CHECK(cluster.engines() == engines);  // the same processes
  CHECK(cluster.status().at("controller").at("epoch") == 2);
  gate.open();
  for (int i = 0; i < 6; ++i)
    CHECK(results[static_cast<std::size_t>(i)].get(bound) == i);
  CHECK(gate.notes("run-").size() == 6);
  CHECK(results[0].info().attempts == 1);
}

TEST_CASE("rule 29: outcomes of while the controller was away arrive") {
  Cluster cluster(1);
  muster::Client client;
  Gate gate(cluster.sandbox().path());
  const auto result = client.load_balanced_view().apply<behind_gate>(gate.path(), 7);
  REQUIRE(gate.has_notes("run-", 1));
  // The launcher starts no other while it is stopped.
  ::kill(cluster.launcher(), SIGSTOP);
  ::kill(cluster.controller(), SIGKILL);
  gate.open();
  const auto other = client.load_balanced_view().apply<squared>(3);  // new, and nobody to take it
  const auto status = cluster.sandbox().muster({"status"});
  CHECK(status.code == 124);
  CHECK_THAT(status.err, Catch::Contains("starts it again"));
  ::kill(cluster.launcher(), SIGCONT);
  CHECK(result.get(bound) == 7);
  CHECK(other.get(bound) == 9);
  CHECK(gate.notes("run-").size() == 1);
}

TEST_CASE("who comes while the controller is started again waits for it, whatever its patience") {
  const Cluster cluster(1);
  const pid_t before = cluster.controller();
  ::kill(before, SIGKILL);
  REQUIRE(eventually([&] { return ::kill(before, 0) != 0; }));
  const muster::Client client({.wait = std::chrono::seconds(0)});
  CHECK(client.load_balanced_view().apply<squared>(3).get(bound) == 9);
  ::kill(cluster.controller(), SIGKILL);
  CHECK(cluster.sandbox().muster({"history"}).code == 0);
}

TEST_CASE("rule 7: bursts, a map and their results survive a controller that is killed in them") {
  Cluster cluster(2);
  muster::Client client;
  const auto view = client.load_balanced_view();
  for (int kill = 0; kill < 3; ++kill) {
    std::vector<AsyncResult<int>> results;
    for (int i = 0; i < 2'000; ++i) {
      results.push_back(view.apply<squared>(i));
      if (i == 1'000 + 300 * kill) ::kill(cluster.controller(), SIGKILL);
    }
    for (int i = 0; i < 2'000; ++i)
      REQUIRE(results[static_cast<std::size_t>(i)].get(bound) == i * i);
  }
  std::vector<int> numbers(2'000);
  std::iota(numbers.begin(), numbers.end(), 0);
  const pid_t before = cluster.controller();
  int expected = 0;
  for (const int value : view.map<slowly_squared>(numbers)) {
    REQUIRE(value == expected * expected);
    if (++expected == 500) ::kill(before, SIGKILL);
  }
  CHECK(expected == 2'000);
  CHECK(cluster.stop().code == 0);
  CHECK(cluster.sandbox().becomes_empty());
}

TEST_CASE(
    "rule 7: controller and engines are killed at random, and every result comes once and right") {
  std::mt19937 random(std::random_device{}());
  constexpr int count = 1500;
  Cluster cluster(2);
  muster::Client client;
  std::vector<AsyncResult<int>> results;
  for (int i = 0; i < count; ++i)
    results.push_back(client.load_balanced_view({.max_crashes = 10}).apply<slowly_squared>(i));
  std::set<int> victims;
  while (victims.size() < 6)
    victims.insert(static_cast<int>(random() % (count - 100)));
  int kills = 0;
  for (int i = 0; i < count; ++i) {
    CAPTURE(i);
    REQUIRE(results[static_cast<std::size_t>(i)].get(bound) == i * i);
    if (!victims.contains(i)) continue;
    if (++kills % 2 == 0) {
      cluster.kill_controller();
    } else {
      ::kill(results[static_cast<std::size_t>(i)].info().pid, SIGKILL);
    }
  }
  for (const AsyncResult<int>& result : results)
    CHECK(result.info().attempts <= 7);
  CHECK(eventually([&] { return cluster.status().at("queue").at("held") == 0; }));
}

TEST_CASE("rule 21: large bodies survive a controller that is killed while they stream") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  const std::vector<double> numbers(8'000'000, 1.5);  // 64 MB each way
  const std::vector<double> expected(numbers.size(), -1.5);
  for (const int milliseconds : {10, 60, 150}) {
    const auto result = view.apply<negated>(numbers);
    ::poll(nullptr, 0, milliseconds);  // where in it that is doesn't matter
    cluster.kill_controller();
    CHECK(result.get(3 * bound) == expected);
  }
}

TEST_CASE("rule 16: a cancel that was wished before the controller was killed holds after it") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  Gate gate(cluster.sandbox().path());
  const auto running = view.apply<until_stopped>(gate.path());
  const auto queued = view.apply<behind_gate>(gate.path(), 1);
  REQUIRE(gate.has_notes("started", 1));
  ::kill(cluster.launcher(), SIGSTOP);
  ::kill(cluster.controller(), SIGKILL);
  std::thread wishing([&] { CHECK(running.cancel() == muster::CancelOutcome::running); });
  std::thread wishing_too([&] { CHECK(queued.cancel() == muster::CancelOutcome::cancelled); });
  ::kill(cluster.launcher(), SIGCONT);
  wishing.join();
  wishing_too.join();
  CHECK_THROWS_AS(running.get(bound), muster::Cancelled);
  CHECK_THROWS_AS(queued.get(bound), muster::Cancelled);
  CHECK(gate.notes("stopped").size() == 1);
  CHECK(gate.notes("run-").empty());
}

TEST_CASE("rule 7: controller and engine are killed at once, and the task runs again") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  Gate gate(cluster.sandbox().path());
  const auto result = view.apply<behind_gate>(gate.path(), 5);
  REQUIRE(gate.has_notes("run-", 1));
  const pid_t engine = cluster.engines().front();
  ::kill(cluster.controller(), SIGKILL);
  ::kill(engine, SIGKILL);
  REQUIRE(gate.has_notes("run-", 2));
  gate.open();
  CHECK(result.get(bound) == 5);
  const auto poison = view.with({.max_crashes = 1}).apply<end_own_process>(gate.path());
  CHECK_THROWS_AS(poison.get(bound), muster::Quarantined);
}

TEST_CASE("rule 29: controller and client are killed at once, and the cluster serves others") {
  Cluster cluster(1);
  Gate gate(cluster.sandbox().path());
  Child other({program("patient_client"), gate.path(), "50"}, cluster.sandbox().path() / "outputs");
  REQUIRE(other.has_said("submitted"));
  REQUIRE(gate.has_notes("started-", 1));
  ::kill(cluster.controller(), SIGKILL);
  other.signal(SIGKILL);
  CHECK(other.wait().signal == SIGKILL);
  gate.open();
  muster::Client client;
  CHECK(client.load_balanced_view().apply<squared>(4).get(bound) == 16);
  CHECK(cluster.stop().code == 0);
}

TEST_CASE("a controller that dies again and again ends its cluster, with the reason") {
  Cluster cluster(1);
  muster::Client client;
  CHECK(client.load_balanced_view().apply<own_pid>().get(bound) > 0);
  for (int i = 0; i < 4; ++i)
    cluster.kill_controller();
  ::kill(cluster.controller(), SIGKILL);
  const auto late = client.load_balanced_view().apply<own_pid>();
  const auto launcher = cluster.wait();
  CHECK(launcher.code == 1);
  // A program doesn't wait for a controller that nobody will start.
  CHECK_THROWS_AS(late.get(bound), muster::ConnectionLost);
  CHECK_THROWS_WITH(late.get(bound), Catch::Contains("the cluster has ended") &&
                                         Catch::Contains("wasn't started again"));
  CHECK_THAT(launcher.err, Catch::Contains("started again") && Catch::Contains("within a minute"));
  CHECK(cluster.sandbox().becomes_empty());
}

TEST_CASE("a cluster is stopped while its controller is away") {
  Cluster cluster(1);
  muster::Client client;
  CHECK(client.load_balanced_view().apply<squared>(2).get(bound) == 4);
  ::kill(cluster.controller(), SIGKILL);
  CHECK(cluster.stop().code == 0);
  CHECK(cluster.sandbox().becomes_empty());
  CHECK(cluster.wait().code == 0);
}
