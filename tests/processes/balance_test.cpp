// How a real cluster spreads work whose length nobody told it.

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/patience.hpp"

using namespace std::chrono_literals;
using muster::test::Cluster;
using muster::test::eventually;

namespace {

/// What status shows as each engine's credit.
std::vector<int> credits(const Cluster& cluster) {
  const nlohmann::json status = cluster.status();
  std::vector<int> credits;
  for (const nlohmann::json& engine : status.at("engines"))
    credits.push_back(engine.at("credit"));
  return credits;
}

void take(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

}  // namespace

TEST_CASE("long tasks behind thousands of quick ones of the same function spread over the engines",
          "[wire]") {
  const Cluster cluster(4);
  const muster::Client client;
  const auto view = client.load_balanced_view();
  std::vector<muster::AsyncResult<void>> quick;
  for (int i = 0; i < 4'000; ++i)
    quick.push_back(view.apply<take>(0));
  std::vector<muster::AsyncResult<void>> slow;
  for (int i = 0; i < 12; ++i)
    slow.push_back(view.apply<take>(200));
  std::map<int, int> per_engine;
  for (const muster::AsyncResult<void>& result : slow) {
    result.get();
    ++per_engine[result.info().engine];
  }
  // By their estimates all of them fit behind the quick ones of one engine.
  for (const auto& [engine, count] : per_engine)
    CHECK(count <= 5);
  for (const muster::AsyncResult<void>& result : quick)
    CHECK(result.successful());
}

TEST_CASE(
    "status shows how much an engine would be given: much of quick tasks, little of long ones") {
  const Cluster cluster(2);
  const muster::Client client;
  const auto view = client.load_balanced_view();
  // How much it is depends on how quick they are here; more than of long ones it is everywhere.
  CHECK(eventually([&] {
    std::vector<muster::AsyncResult<int>> quick;
    for (int i = 0; i < 200; ++i)
      quick.push_back(view.apply([](int n) { return n; }, i));
    for (const muster::AsyncResult<int>& result : quick)
      result.get();
    const std::vector<int> now = credits(cluster);
    return *std::min_element(now.begin(), now.end()) > 8;
  }));
  std::vector<muster::AsyncResult<void>> slow;
  for (int i = 0; i < 6; ++i)
    slow.push_back(view.apply<take>(300));
  for (const muster::AsyncResult<void>& result : slow)
    result.get();
  // An engine's round trip counts, too, and the first that it measures may be a slow one.
  CHECK(eventually([&] {
    const std::vector<int> now = credits(cluster);
    return *std::max_element(now.begin(), now.end()) <= 2;
  }));
}
