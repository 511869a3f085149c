// Executors in the manner of concurrent.futures.

#include <future>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/muster.hpp>

#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"
#include "tests/processes/sandbox.hpp"

using Catch::Contains;
using muster::Executor;
using muster::test::bound;
using muster::test::Gate;
using muster::test::Sandbox;

namespace {

int square(int n) {
  return n * n;
}
bool behind_gate(const std::string& gate, std::stop_token stop) {
  return muster::test::pass(gate, stop);
}

}  // namespace

TEST_CASE("an executor submits and maps, and takes nothing after its shutdown") {
  const muster::Cluster cluster({.engines = 2});
  Executor executor(cluster.load_balanced_view());
  const auto one = executor.submit<square>(3);
  const auto other = executor.submit([](int n) { return n + 1; }, 1);
  std::vector<int> squares;
  for (const int value : executor.map<square>(std::vector{1, 2, 3}))
    squares.push_back(value);
  CHECK(squares == std::vector{1, 4, 9});
  executor.shutdown();
  CHECK(one.ready());
  CHECK(one.get() == 9);
  CHECK(other.get() == 2);
  CHECK_THROWS_WITH(executor.submit<square>(1), Contains("shut down"));
  CHECK_THROWS_AS(executor.map<square>(std::vector{1}), muster::ClusterError);
  executor.shutdown();
}

TEST_CASE("an executor waits at its end for all that it was given, however much that was") {
  const muster::Cluster cluster({.engines = 2});
  std::vector<muster::AsyncResult<int>> results;
  {
    Executor first(cluster.load_balanced_view());
    Executor executor(std::move(first));
    for (int i = 0; i < 2000; ++i)
      results.push_back(executor.submit<square>(i));
  }
  for (const auto& result : results)
    REQUIRE(result.ready());
  CHECK(results[7].get() == 49);
}

TEST_CASE("a shutdown need not wait, and may cancel what waits and what runs") {
  const Sandbox sandbox;
  const muster::Cluster cluster({.engines = 1, .hwm = 1});
  const Gate gate(sandbox.path());
  Executor executor(cluster.load_balanced_view());
  const auto running = executor.submit<behind_gate>(gate.path());
  const auto waiting = executor.submit<square>(1);
  executor.shutdown({.wait = false});
  CHECK_FALSE(waiting.ready());
  executor.shutdown({.cancel_futures = true});
  CHECK_THROWS_AS(waiting.get(bound), muster::Cancelled);
  CHECK_THROWS_AS(running.get(bound), muster::Cancelled);
}

TEST_CASE("an executor that ends in a callback doesn't wait there") {
  const Sandbox sandbox;
  const muster::Cluster cluster({.engines = 2});
  const Gate gate(sandbox.path());
  const auto view = cluster.load_balanced_view();
  std::promise<muster::AsyncResult<bool>> held;
  view.apply<square>(1).on_done([&] {
    Executor executor(view);
    held.set_value(executor.submit<behind_gate>(gate.path()));
  });
  const auto result = held.get_future().get();
  gate.open();
  CHECK(result.get(bound));
}
