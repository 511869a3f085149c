// What a task says of itself while it runs is read by its caller.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"

using muster::test::Cluster;
using muster::test::Gate;

namespace {

struct State {
  int step = 0;
  std::vector<double> best;
  MSGPACK_DEFINE(step, best)
};

bool publish_and_pass(muster::Context& context, const std::string& gate) {
  context.publish(State{1, {0.5}});
  context.progress(0.25);
  const bool passed = muster::test::pass(gate, context.stop());
  context.publish(State{2, {0.5, 0.75}});
  return passed;
}
int publish_once(muster::Context& context, int n) {
  context.publish(10 * n);
  return n;
}
int publish_odd(muster::Context& context, int n) {
  if (n % 2 == 1) context.publish(10 * n);
  return n;
}
int publish_very_often(muster::Context& context) {
  for (int i = 1; i <= 1'000'000; ++i) {
    context.publish(i);
    context.progress(i, 1'000'000);
  }
  return 1;
}
int publish_attempt(muster::Context& context, const std::string& gate) {
  context.publish(context.attempt());
  if (context.attempt() == 1) {
    muster::test::note(gate, "published");
    muster::test::pass(gate);
    ::_exit(3);
  }
  return context.attempt();
}
void nothing() {}

}  // namespace

TEST_CASE("a value that a task publishes is read while it runs, and the last one afterwards") {
  const Cluster cluster(1);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  const auto result = client.load_balanced_view().apply<publish_and_pass>(gate.path());
  std::optional<State> state;
  REQUIRE(
      muster::test::eventually([&] { return (state = result.published<State>()).has_value(); }));
  CHECK(state->step == 1);
  CHECK(state->best == std::vector{0.5});
  REQUIRE(muster::test::eventually([&] { return result.progress().running > 0; }));
  CHECK(result.progress().running == 0.25);
  CHECK(result.progress().fraction() == 0.25);
  CHECK_THROWS_AS(result.published<std::string>(), muster::ClusterError);
  gate.open();
  REQUIRE(result.get());
  CHECK(result.published<State>()->best == std::vector{0.5, 0.75});
  CHECK(result.progress().fraction() == 1.0);
}

TEST_CASE("each of many quick tasks has what it published itself, and silent ones have nothing") {
  const muster::Cluster cluster({.engines = 1});
  const auto view = cluster.load_balanced_view();
  std::vector<muster::AsyncResult<int>> loud;
  std::vector<muster::AsyncResult<void>> silent;
  for (int n = 0; n < 500; ++n) {
    loud.push_back(view.apply<publish_once>(n));
    silent.push_back(view.apply<nothing>());
  }
  for (int n = 0; n < 500; ++n) {
    const auto place = static_cast<std::size_t>(n);
    REQUIRE(loud[place].get() == n);
    REQUIRE(loud[place].published<int>() == 10 * n);
    silent[place].wait();
    REQUIRE_FALSE(silent[place].published<int>());
  }
  std::vector<int> inputs(5000, 7);
  auto map = view.map<publish_once>(inputs);
  CHECK(map.get() == inputs);
}

TEST_CASE("what items of a map publish is read while they run, by item") {
  const Cluster cluster(2);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  const std::vector<std::string> gates(2, gate.path());
  auto map = client.load_balanced_view().map<publish_and_pass>(gates);
  REQUIRE(muster::test::eventually([&] { return map.published<State>().size() == 2; }));
  CHECK(map.published<State>()[1].index == 1);
  CHECK(map.published<State>()[1].value.step == 1);
  CHECK(map.published<State>(0)->best == std::vector{0.5});
  CHECK_FALSE(map.published<State>(2));
  CHECK_THROWS_AS(map.published<std::string>(), muster::ClusterError);
  REQUIRE(muster::test::eventually([&] { return map.progress().running == 0.5; }));
  CHECK(map.progress().fraction() == 0.25);
  gate.open();
  for (const bool passed : map)
    CHECK(passed);
  CHECK(map.progress().running == 0);
  CHECK(map.published<State>(1)->step == 2);
}

TEST_CASE("each of many quick items has what it published itself") {
  const muster::Cluster cluster({.engines = 2});
  std::vector<int> inputs(3000);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    inputs[i] = static_cast<int>(i);
  auto map = cluster.load_balanced_view().map<publish_odd>(inputs);
  map.get();
  const auto published = map.published<int>();
  REQUIRE(published.size() == 1500);
  for (std::size_t i = 0; i < published.size(); ++i) {
    REQUIRE(published[i].index == 2 * i + 1);
    REQUIRE(published[i].value == static_cast<int>(10 * (2 * i + 1)));
  }
}

TEST_CASE("a loop may publish as often as it likes") {
  const Cluster cluster(1);
  const muster::Client client;
  const auto result = client.load_balanced_view().apply<publish_very_often>();
  CHECK(result.get() == 1);
  CHECK(result.published<int>() == 1'000'000);
}

TEST_CASE("what an attempt published that died gives way to what the next one publishes") {
  const Cluster cluster(1);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  const auto result = client.load_balanced_view().apply<publish_attempt>(gate.path());
  REQUIRE(gate.has_notes("published", 1));
  CHECK(muster::test::eventually([&] { return result.published<int>() == 1; }));
  gate.open();
  CHECK(result.get() == 2);
  CHECK(result.published<int>() == 2);
}

TEST_CASE("a task that outlives its controller goes on publishing to its caller") {
  const Cluster cluster(1);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  const auto result = client.load_balanced_view().apply<publish_and_pass>(gate.path());
  REQUIRE(muster::test::eventually([&] { return result.published<State>().has_value(); }));
  cluster.kill_controller();
  gate.open();
  REQUIRE(result.get());
  const auto state = result.published<State>();
  REQUIRE(state);
  CHECK((state->step == 1 || state->step == 2));
}
