// on_done: when a program is called back, by whom, and what it may do there.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"
#include "tests/processes/sandbox.hpp"

using Catch::Contains;
using muster::AsyncResult;
using muster::LoadBalancedView;
using muster::test::bound;
using muster::test::Gate;
using muster::test::Sandbox;

namespace {

using namespace std::chrono_literals;

int square(int n) {
  return n * n;
}
int refuse(int n) {
  throw std::out_of_range(std::to_string(n));
}
bool behind_gate(const std::string& gate) {
  return muster::test::pass(gate);
}

template <class T>
T soon(std::promise<T>& promise) {
  auto future = promise.get_future();
  REQUIRE(future.wait_for(bound) == std::future_status::ready);
  return future.get();
}

}  // namespace

TEST_CASE("a callback gets its result, once, whether the task has ended before or not") {
  const Sandbox sandbox;
  const muster::Cluster cluster({.engines = 1});
  const Gate gate(sandbox.path());
  const auto held = cluster.load_balanced_view().apply<behind_gate>(gate.path());
  std::promise<bool> early;
  std::promise<bool> late;
  std::atomic<int> calls = 0;
  held.on_done([&](const AsyncResult<bool>& result) {
    ++calls;
    early.set_value(result.ready() && result.get());
  });
  CHECK(calls == 0);
  gate.open();
  CHECK(soon(early));
  held.on_done([&] { late.set_value(true); });
  CHECK(soon(late));
  CHECK(calls == 1);
}

TEST_CASE("callbacks are called one at a time by one thread, those of a task in their order") {
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  constexpr int tasks = 500;
  std::atomic<int> inside = 0;
  std::atomic<bool> overlapped = false;
  std::atomic<int> left = 2 * tasks;
  std::promise<bool> all;
  std::vector<std::vector<int>> order(tasks);
  std::set<std::thread::id> threads;
  for (int i = 0; i < tasks; ++i) {
    const auto result = view.apply<square>(i);
    for (int k = 0; k < 2; ++k) {
      result.on_done([&, i, k] {
        if (inside++ != 0) overlapped = true;
        threads.insert(std::this_thread::get_id());
        order[static_cast<std::size_t>(i)].push_back(k);
        --inside;
        if (--left == 0) all.set_value(true);
      });
    }
  }
  CHECK(soon(all));
  CHECK_FALSE(overlapped);
  CHECK(threads.size() == 1);
  CHECK(threads.count(std::this_thread::get_id()) == 0);
  CHECK(std::all_of(order.begin(), order.end(), [](const auto& o) {
    return o == std::vector{0, 1};
  }));
}

TEST_CASE("a callback may submit, ask for more callbacks and cancel, but not wait") {
  const Sandbox sandbox;
  const muster::Cluster cluster({.engines = 1, .hwm = 1});
  const Gate gate(sandbox.path());
  const auto view = cluster.load_balanced_view();
  const auto first = view.apply<square>(3);
  std::promise<int> chained;
  std::promise<std::string> waited;
  std::promise<std::string> cancelled;
  first.on_done([&](const AsyncResult<int>& result) {
    view.apply<square>(result.get()).on_done([&](const AsyncResult<int>& again) {
      chained.set_value(again.get());
    });
    const auto held = view.apply<behind_gate>(gate.path());
    try {
      held.get();
    } catch (const muster::WouldBlock& error) {
      waited.set_value(error.what());
    }
    CHECK_FALSE(held.wait_for(0s));
    CHECK_FALSE(held.ready());
    try {
      held.cancel();
    } catch (const muster::WouldBlock& error) {
      cancelled.set_value(error.what());
    }
    held.request_cancel();
  });
  CHECK_THAT(soon(waited), Contains("in a callback"));
  CHECK_THAT(soon(cancelled), Contains("request_cancel()"));
  gate.open();
  CHECK(soon(chained) == 81);
}

TEST_CASE("while callbacks run other threads go on, and those wait that have to") {
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  std::promise<void> begun;
  std::promise<void> released;
  view.apply<square>(1).on_done([&] {
    begun.set_value();
    released.get_future().wait();
  });
  begun.get_future().wait();
  CHECK(view.apply<square>(2).get(bound) == 4);
  CHECK(view.map<square>(std::vector{1, 2, 3}).get(bound) == std::vector{1, 4, 9});
  released.set_value();
}

TEST_CASE("what a callback throws is dropped, and the next one is called") {
  const muster::Cluster cluster({.engines = 1});
  const auto result = cluster.load_balanced_view().apply<refuse>(7);
  std::promise<std::string> text;
  result.on_done([](const AsyncResult<int>& failed) { failed.get(); });
  result.on_done([] { throw 7; });
  result.on_done([&](const AsyncResult<int>& failed) {
    try {
      failed.get();
    } catch (const muster::TaskError& error) {
      text.set_value(error.text());
    }
  });
  CHECK(soon(text) == "7");
}

TEST_CASE("a callback is called when its task is lost with the cluster, before that has gone") {
  const Sandbox sandbox;
  const Gate gate(sandbox.path());
  bool lost = false;
  AsyncResult<bool> held;
  {
    const muster::Cluster cluster({.engines = 1});
    held = cluster.load_balanced_view().apply<behind_gate>(gate.path());
    held.on_done([&](const AsyncResult<bool>& result) {
      CHECK_THROWS_AS(result.get(), muster::ConnectionLost);
      lost = true;
    });
  }
  CHECK(lost);
  bool at_once = false;
  held.on_done([&] { at_once = true; });
  CHECK(at_once);
}

TEST_CASE("the last handle of a client may go in a callback") {
  const muster::test::Cluster cluster(1);
  auto view = std::make_unique<LoadBalancedView>(muster::Client().load_balanced_view());
  const auto result = view->apply<square>(2);
  std::promise<bool> ended;
  const auto& kept = *view;
  std::promise<void> begin;
  result.on_done([&, view = std::move(view)]() mutable {
    begin.get_future().wait();
    view.reset();
    ended.set_value(true);
  });
  const auto other = kept.apply<square>(3);  // is waited for before the client leaves
  begin.set_value();
  CHECK(soon(ended));
  CHECK(result.get() == 4);
  CHECK(other.get() == 9);
}

TEST_CASE("results of several engines, and joined ones, call back once when all have ended") {
  const Sandbox sandbox;
  const muster::Cluster cluster({.engines = 3});
  const Gate gate(sandbox.path());
  const auto view = cluster.load_balanced_view();
  std::promise<std::vector<int>> values;
  std::promise<std::size_t> count;
  const auto engines =
      cluster.all().apply([](muster::Context& context) { return context.engine(); });
  engines.on_done([&](const auto& results) { values.set_value(results.get()); });
  CHECK(soon(values) == std::vector{0, 1, 2});
  const auto joined =
      muster::join(view.apply([](int) { return true; }, 1), view.apply<behind_gate>(gate.path()));
  joined.on_done([&](const auto& results) { count.set_value(results.get().size()); });
  CHECK_FALSE(joined.ready());
  gate.open();
  CHECK(soon(count) == 2);
}
