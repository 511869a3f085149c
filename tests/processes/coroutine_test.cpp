// Coroutines that wait for results, and several results at a time.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/muster.hpp>

#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"
#include "tests/processes/sandbox.hpp"

using Catch::Contains;
using muster::Coroutine;
using muster::LoadBalancedView;
using muster::test::bound;
using namespace std::chrono_literals;
using muster::test::Gate;
using muster::test::Sandbox;

namespace {

int square(int n) {
  return n * n;
}
void nothing() {}
std::string text_of(int n) {
  return std::to_string(n);
}
int refuse(int n) {
  throw std::out_of_range(std::to_string(n));
}
bool behind_gate(const std::string& gate) {
  return muster::test::pass(gate);
}

Coroutine<int> squared_often(LoadBalancedView view, int n, int times) {
  for (int i = 0; i < times; ++i) {
    n = co_await view.apply<square>(n) % 1000;
    co_await view.apply<nothing>();
  }
  co_return n;
}

Coroutine<std::string> told(LoadBalancedView view, int n) {
  const int number = co_await squared_often(view, n, 2);
  co_return co_await view.apply<text_of>(number);
}

Coroutine<std::string> caught(LoadBalancedView view) {
  std::string text;
  try {
    co_await view.apply<refuse>(7);
  } catch (const muster::TaskError& error) {
    text = error.text();
  }
  co_await view.apply<nothing>();
  co_return text;
}

Coroutine<void> refused(LoadBalancedView view) {
  co_await view.apply<nothing>();
  co_await view.apply<refuse>(8);
}

}  // namespace

TEST_CASE("a program is written as coroutines that await results and each other") {
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  CHECK(squared_often(view, 3, 3).get() == 561);
  CHECK(told(view, 3).get() == "81");
  CHECK(caught(view).get() == "7");
  const auto failing = refused(view);
  CHECK_THROWS_AS(failing.get(), muster::TaskError);
  CHECK_THROWS_AS(failing.get(), muster::TaskError);
  CHECK(failing.ready());
  CHECK(squared_often(view, 3, 3).get(bound) == 561);
  CHECK_THROWS_AS(failing.get(bound), muster::TaskError);
  CHECK_FALSE(Coroutine<int>().valid());
  CHECK_THROWS_AS(Coroutine<int>().get(), muster::ClusterError);
}

TEST_CASE("coroutines that were called one after the other run side by side") {
  const Sandbox sandbox;
  const muster::Cluster cluster({.engines = 2});
  const Gate gate(sandbox.path());
  const auto held_up = [](LoadBalancedView view, std::string path) -> Coroutine<int> {
    co_return co_await view.apply<behind_gate>(path) ? 1 : 0;
  };
  const auto opens = [](LoadBalancedView view, const Gate& gate) -> Coroutine<int> {
    const int value = co_await view.apply<square>(4);
    gate.open();
    co_return value;
  };
  const auto view = cluster.load_balanced_view();
  const auto first = held_up(view, gate.path());
  CHECK_FALSE(first.ready());
  CHECK_FALSE(first.wait_for(1ms));
  CHECK_THROWS_AS(first.get(1ms), muster::TimedOut);
  const auto second = opens(view, gate);
  const auto both = [](const Coroutine<int>& one, const Coroutine<int>& other) -> Coroutine<int> {
    co_return co_await one + co_await other;
  };
  CHECK(both(first, second).get() == 17);
  CHECK(both(first, first).get() == 2);
}

TEST_CASE("what is ready is awaited without a detour, and a thousand coroutines share a thread") {
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  const auto done = view.apply<square>(5);
  done.wait();
  const auto ready = [](muster::AsyncResult<int> result) -> Coroutine<std::thread::id> {
    co_await result;
    co_return std::this_thread::get_id();
  };
  CHECK(ready(done).get() == std::this_thread::get_id());
  std::vector<Coroutine<int>> many;
  for (int i = 0; i < 1000; ++i)
    many.push_back(squared_often(view, i, 2));
  const auto values = muster::when_all(std::move(many)).get();
  REQUIRE(values.size() == 1000);
  CHECK(values[3] == 81);
}

TEST_CASE("in a coroutine that was resumed a call that would wait throws, instead of a deadlock") {
  const Sandbox sandbox;
  // Two of them hold the tasks behind the gate.
  const muster::Cluster cluster({.engines = 3});
  const Gate gate(sandbox.path());
  const auto other = [](LoadBalancedView view, std::string path) -> Coroutine<bool> {
    co_return co_await view.apply<behind_gate>(path);
  };
  const auto program = [&other](LoadBalancedView view, const Gate& gate) -> Coroutine<int> {
    int refused = 0;
    const auto held = view.apply<behind_gate>(gate.path());
    const auto coroutine = other(view, gate.path());
    co_await view.apply<nothing>();
    try {
      held.get();
    } catch (const muster::WouldBlock&) {
      ++refused;
    }
    try {
      coroutine.get();
    } catch (const muster::WouldBlock& error) {
      CHECK_THAT(error.what(), Contains("co_await it"));
      ++refused;
    }
    gate.open();
    co_await held;
    co_await coroutine;
    co_return refused;
  };
  CHECK(program(cluster.load_balanced_view({.retries = 0}), gate).get() == 2);
}

TEST_CASE("a coroutine holds nothing any more when the one who waits for it goes on") {
  const auto held = std::make_shared<int>(1);
  const muster::Cluster cluster({.engines = 1});
  const auto holds = [](LoadBalancedView view, std::shared_ptr<int> value) -> Coroutine<void> {
    co_await view.apply<square>(*value);
  };
  for (int i = 0; i < 100; ++i) {
    holds(cluster.load_balanced_view(), held).get();
    REQUIRE(held.use_count() == 1);
  }
}

TEST_CASE("a coroutine that nobody waits for ends when its cluster does") {
  const Sandbox sandbox;
  const Gate gate(sandbox.path());
  const auto held = std::make_shared<int>(1);
  std::atomic<bool> lost = false;
  {
    const muster::Cluster cluster({.engines = 1});
    // Without captures, which would go before the cluster does.
    const auto waits = [](const muster::Cluster& cluster, std::string path, std::shared_ptr<int>,
                          std::atomic<bool>& lost) -> Coroutine<void> {
      try {
        co_await cluster.load_balanced_view().apply<behind_gate>(path);
      } catch (const muster::ConnectionLost&) {
        lost = true;
      }
    };
    auto unused = waits(cluster, gate.path(), held, lost);
    CHECK_FALSE(unused.ready());
    unused = {};
    CHECK(held.use_count() == 2);
  }
  CHECK(lost);
  CHECK(held.use_count() == 1);
}

TEST_CASE(
    "when_all gives the values of results of several types, or of a vector, or their errors") {
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  const auto both = [](LoadBalancedView view) -> Coroutine<std::string> {
    const auto [number, text] =
        co_await muster::when_all(view.apply<square>(3), view.apply<text_of>(4));
    co_return std::to_string(number) + text;
  };
  CHECK(both(view).get() == "94");
  CHECK(std::get<1>(muster::when_all(view.apply<nothing>(), told(view, 2)).get()) == "16");
  CHECK(muster::when_all(std::vector{view.apply<square>(3), view.apply<square>(4)}).get() ==
        std::vector{9, 16});
  CHECK(muster::when_all(std::vector<Coroutine<int>>{}).get().empty());
  const auto engines = [](const muster::Cluster& cluster) -> Coroutine<std::vector<int>> {
    co_return co_await cluster.all().apply<square>(2);
  };
  CHECK(engines(cluster).get() == std::vector{4, 4});
  CHECK_THROWS_AS(muster::when_all(view.apply<square>(3), view.apply<refuse>(4)).get(),
                  muster::TaskError);
  try {
    muster::when_all(
        std::vector{view.apply<refuse>(1), view.apply<square>(1), view.apply<refuse>(2)})
        .get();
    FAIL("two have failed");
  } catch (const muster::CompositeError& error) {
    REQUIRE(error.parts().size() == 2);
    CHECK(error.parts()[1].index == 2);
  }
}

TEST_CASE("when_any says which result has ended first, and the others go on") {
  const Sandbox sandbox;
  const muster::Cluster cluster({.engines = 2, .hwm = 1});
  const Gate gate(sandbox.path());
  const auto view = cluster.load_balanced_view();
  const auto held = view.apply<behind_gate>(gate.path());
  const auto quick = view.apply<square>(3);
  const auto late = view.apply<behind_gate>(gate.path());
  CHECK(muster::when_any(held, quick, late).get() == 1);
  const auto race = [](const Gate& gate,
                       std::vector<muster::AsyncResult<bool>> results) -> Coroutine<std::size_t> {
    gate.open();
    co_return co_await muster::when_any(results);
  };
  CHECK(race(gate, {held}).get() == 0);
  CHECK(held.get(bound));
  CHECK_THROWS_AS(muster::when_any(std::vector<muster::AsyncResult<int>>{}), muster::ClusterError);
}
