// A user changes their mind.

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <sys/types.h>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"

using muster::CancelOutcome;
using muster::test::bound;
using muster::test::Cluster;
using muster::test::eventually;
using muster::test::Gate;

namespace {

int behind_gate(const std::string& gate, const std::string& name) {
  muster::test::note(gate, name);
  muster::test::pass(gate);
  return 1;
}

/// Says whether it was stopped, or let through the gate.
int until_stopped(const std::string& gate, std::stop_token stop) {
  muster::test::note(gate, "obedient-started");
  const bool passed = muster::test::pass(gate, stop);
  muster::test::note(gate, passed ? "obedient-passed" : "obedient-stopped");
  return 1;
}

int nothing() {
  return 0;
}

}  // namespace

TEST_CASE("a task that waits is cancelled at once and never runs") {
  Cluster cluster(1, {"--hwm", "2"});
  muster::Client client;
  const auto view = client.load_balanced_view();
  Gate gate(cluster.sandbox().path());
  const auto running = view.apply<behind_gate>(gate.path(), "running");
  REQUIRE(gate.has_notes("running", 1));
  const auto at_the_engine = view.apply<behind_gate>(gate.path(), "held");
  const auto at_the_controller = view.apply<behind_gate>(gate.path(), "queued");
  CHECK(at_the_controller.cancel() == CancelOutcome::cancelled);
  CHECK(at_the_engine.cancel() == CancelOutcome::cancelled);
  CHECK_THROWS_AS(at_the_engine.get(bound), muster::Cancelled);
  CHECK_THROWS_AS(at_the_controller.get(bound), muster::Cancelled);
  gate.open();
  CHECK(running.get(bound) == 1);
  // Whatever was behind them on the engine has run by now.
  CHECK(view.apply<nothing>().get(bound) == 0);
  CHECK(gate.notes("held").empty());
  CHECK(gate.notes("queued").empty());
  CHECK(at_the_engine.info().attempts == 0);
}

TEST_CASE("a running task hears of its cancel through its stop token") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  Gate gate(cluster.sandbox().path());
  const auto result = view.apply<until_stopped>(gate.path());
  REQUIRE(gate.has_notes("obedient-started", 1));
  CHECK(result.cancel() == CancelOutcome::running);
  CHECK_THROWS_AS(result.get(bound), muster::Cancelled);
  CHECK(gate.notes("obedient-stopped").size() == 1);
  CHECK(result.cancel() == CancelOutcome::running);  // what the wish has met doesn't change
  CHECK(view.apply<nothing>().get(bound) == 0);
}

TEST_CASE("a task that doesn't listen ends Cancelled all the same, and its value is dropped") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  Gate gate(cluster.sandbox().path());
  const auto result = view.apply<behind_gate>(gate.path(), "running");
  REQUIRE(gate.has_notes("running", 1));
  CHECK(result.cancel() == CancelOutcome::running);
  gate.open();
  CHECK_THROWS_AS(result.get(bound), muster::Cancelled);
}

TEST_CASE("rule 15: a cancelled task that never stops ends with its process") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  Gate gate(cluster.sandbox().path());
  const auto stubborn = view.apply<behind_gate>(gate.path(), "stubborn");
  REQUIRE(gate.has_notes("stubborn", 1));
  const auto behind = view.with({.max_crashes = 1}).apply<nothing>();
  CHECK(stubborn.cancel() == CancelOutcome::running);
  CHECK_THROWS_AS(stubborn.get(bound), muster::Cancelled);
  CHECK(behind.get(bound) == 0);  // nobody is charged
  CHECK(gate.notes("stubborn").size() == 1);
}

TEST_CASE(
    "a view says how long its tasks may go on when they are cancelled, and status shows one") {
  Cluster cluster(1);
  const std::vector<pid_t> before = cluster.engines();
  muster::Client client;
  const auto view = client.load_balanced_view();
  const auto at_once = view.with({.timeouts = {.cancel = std::chrono::milliseconds(1)}});
  const auto patient = view.with({.timeouts = {.cancel = std::chrono::hours(1)}});
  Gate gate(cluster.sandbox().path());
  const auto short_of_time = at_once.apply<behind_gate>(gate.path(), "short");
  REQUIRE(gate.has_notes("short", 1));
  CHECK(short_of_time.cancel() == CancelOutcome::running);
  CHECK_THROWS_AS(short_of_time.get(bound), muster::Cancelled);
  CHECK(view.apply<nothing>().get(bound) == 0);
  const std::vector<pid_t> between = cluster.engines();
  CHECK(between != before);

  const auto with_time = patient.apply<behind_gate>(gate.path(), "long");
  REQUIRE(gate.has_notes("long", 1));
  CHECK(with_time.cancel() == CancelOutcome::running);
  REQUIRE(eventually([&] {
    return cluster.sandbox().muster({"status"}).out.find(" s, cancelled") != std::string::npos;
  }));
  gate.open();
  CHECK_THROWS_AS(with_time.get(bound), muster::Cancelled);
  CHECK(view.apply<nothing>().get(bound) == 0);
  CHECK(cluster.engines() == between);
}

TEST_CASE("a cancel that comes too late leaves the value as it is") {
  Cluster cluster(1);
  muster::Client client;
  const auto result = client.load_balanced_view().apply<nothing>();
  CHECK(result.get(bound) == 0);
  CHECK(result.cancel() == CancelOutcome::finished);
  CHECK(result.get() == 0);
}
