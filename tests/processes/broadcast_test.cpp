// Calls and values for several engines: how often they travel, and what becomes of them when
// somebody dies on the way.

#include <csignal>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"

using muster::test::bound;
using muster::test::Cluster;
using muster::test::eventually;
using muster::test::Gate;
using muster::test::messages_are_lost;

namespace {

using Numbers = std::vector<double>;

double sum_of(const Numbers& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0.0);
}

double refuse(const Numbers& numbers) {
  throw std::runtime_error("not " + std::to_string(numbers.size()) + " of them");
}

double sum_behind(const std::string& gate, const Numbers& numbers) {
  muster::test::note(gate, "runs-" + std::to_string(::getpid()));
  muster::test::pass(gate);
  return sum_of(numbers);
}

/// 4 MB.
Numbers many() {
  return Numbers(std::size_t{1} << 19, 2.0);
}
constexpr double sum_of_many = 1 << 20;
constexpr std::uint64_t bytes_of_many = std::uint64_t{4} << 20;

std::uint64_t total(const Cluster& cluster, const char* name) {
  return cluster.status()["totals"][name].get<std::uint64_t>();
}

/// Of shared arguments and bound values, at the controller and on the engines.
std::uint64_t bytes_kept(const Cluster& cluster) {
  const nlohmann::json status = cluster.status();
  std::uint64_t bytes = 0;
  for (const char* part : {"clients", "engines"}) {
    for (const auto& peer : status[part])
      bytes += peer["values_bytes"].get<std::uint64_t>();
  }
  return bytes;
}

}  // namespace

TEST_CASE("what goes to all engines leaves its program once, and is kept by nobody") {
  const Cluster cluster(4);
  const muster::Client client;
  const auto all = client.all();
  all.push("x", many()).get(bound);
  const std::uint64_t pushed = total(cluster, "value_bytes_received");
  CHECK(pushed >= bytes_of_many);
  if (!messages_are_lost) CHECK(pushed < bytes_of_many + 100);
  if (!messages_are_lost) {
    CHECK(total(cluster, "value_bytes_to_hosts") == pushed);
    CHECK(total(cluster, "values_sent") == 0);
  }
  for (const Numbers& copy : all.pull<Numbers>("x").get(bound))
    CHECK(copy == many());

  CHECK(all.apply<sum_of>(many()).get(bound) == Numbers(4, sum_of_many));
  const std::uint64_t called = total(cluster, "value_bytes_received") - pushed;
  CHECK(called >= bytes_of_many);
  if (!messages_are_lost) CHECK(called < bytes_of_many + 100);

  // Small ones are in the tasks themselves, and so is what goes to one engine.
  const std::uint64_t before = total(cluster, "value_bytes_received");
  CHECK(all.apply<sum_of>(Numbers{1, 2}).get(bound) == Numbers(4, 3.0));
  CHECK(client[0].apply<sum_of>(many()).get(bound) == sum_of_many);
  CHECK(total(cluster, "value_bytes_received") == before);
  CHECK(eventually([&] { return bytes_kept(cluster) == 0; }));
}

TEST_CASE("arguments that all engines share may have bound values and futures beside them") {
  const Cluster cluster(2);
  const muster::Client client;
  const auto all = client.all();
  const auto scaled = [](const Numbers& numbers, double by) { return sum_of(numbers) * by; };
  CHECK(all.apply(scaled, many(), muster::same(0.5)).get(bound) == Numbers(2, sum_of_many / 2));
  const auto half = client[0].apply([] { return 0.5; });
  CHECK(all.apply(scaled, many(), half).get(bound) == Numbers(2, sum_of_many / 2));
  all.push("x", many()).get(bound);
  CHECK(all.apply(scaled, muster::Reference{"x"}, 2.0).get(bound) == Numbers(2, sum_of_many * 2));
}

TEST_CASE("of a call on all engines each engine's error is kept") {
  const Cluster cluster(3);
  const muster::Client client;
  try {
    client.all().apply<refuse>(many()).get(bound);
    FAIL("no engine has thrown");
  } catch (const muster::CompositeError& error) {
    REQUIRE(error.parts().size() == 3);
    for (int engine = 0; engine < 3; ++engine)
      CHECK(error.parts()[static_cast<std::size_t>(engine)].engine == engine);
  }
  CHECK(eventually([&] { return bytes_kept(cluster) == 0; }));
}

TEST_CASE("what is called after a large push to all engines finds what was pushed") {
  const Cluster cluster(2);
  const muster::Client client;
  const auto all = client.all();
  for (double round = 0; round < 20; ++round) {
    all.push("x", Numbers(20'000, round));
    CHECK(all.apply([](const Numbers& x) { return x.back(); }, muster::Reference{"x"}).get(bound) ==
          Numbers(2, round));
  }
}

TEST_CASE("an engine that dies in a call on all of them costs that engine's part only") {
  const Cluster cluster(3);
  const muster::Client client;
  const Gate gate(cluster.sandbox().path());
  const auto results = client.all().apply<sum_behind>(gate.path(), many());
  REQUIRE(gate.has_notes("runs-", 3));
  ::kill(cluster.engines().at(1), SIGKILL);
  CHECK_THROWS_AS(results.split()[1].get(bound), muster::EngineLost);
  gate.open();
  CHECK(results.split()[0].get(bound) == sum_of_many);
  CHECK(results.split()[2].get(bound) == sum_of_many);
  CHECK(eventually([&] { return bytes_kept(cluster) == 0; }));
}

TEST_CASE("a controller that is killed in a call on all engines costs nothing of it") {
  const Cluster cluster(2);
  const muster::Client client;
  const Gate gate(cluster.sandbox().path());
  const auto running = client.all().apply<sum_behind>(gate.path(), many());
  REQUIRE(gate.has_notes("runs-", 2));
  const auto waiting = client.all().apply<sum_of>(many());
  cluster.kill_controller();
  gate.open();
  CHECK(running.get(bound) == Numbers(2, sum_of_many));
  CHECK(waiting.get(bound) == Numbers(2, sum_of_many));
}
