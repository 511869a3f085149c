// What a program may ask results of single tasks, of several engines, and of maps.

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"
#include "tests/processes/sandbox.hpp"

using Catch::Contains;
using muster::return_exceptions;
using muster::Status;
using muster::TaskInfo;
using muster::test::bound;

namespace {

using namespace std::chrono_literals;

int refuse_odd(int n) {
  if (n % 2 == 1) throw std::out_of_range("odd: " + std::to_string(n));
  return n;
}
void refuse_all(int n) {
  throw std::out_of_range(std::to_string(n));
}
int where(muster::Context& context) {
  return context.engine();
}
int refuse_engine_1(muster::Context& context) {
  if (context.engine() == 1) throw std::runtime_error("not here");
  return context.engine();
}
bool behind_gate(const std::string& gate) {
  return muster::test::pass(gate);
}
int for_20_ms() {
  ::usleep(20'000);
  return 1;
}

}  // namespace

TEST_CASE("errors are given beside values when they are asked for, by every kind of result") {
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  const auto good = view.apply<refuse_odd>(2).get(return_exceptions);
  CHECK(good.successful());
  CHECK(good.value() == 2);
  CHECK(good.error() == nullptr);
  const auto bad = view.apply<refuse_odd>(1).get(return_exceptions);
  CHECK_FALSE(bad);
  CHECK_THROWS_AS(bad.value(), muster::TaskError);
  CHECK_THROWS_AS(std::rethrow_exception(bad.error()), muster::TaskError);
  CHECK_FALSE(view.apply<refuse_all>(1).get(return_exceptions));

  const auto engines = cluster.all().apply<refuse_engine_1>().get(return_exceptions);
  REQUIRE(engines.size() == 2);
  CHECK(engines[0].value() == 0);
  CHECK_THROWS_WITH(engines[1].value(), Contains("not here"));

  const std::vector inputs{0, 1, 2, 3, 4};
  auto map = view.map<refuse_odd>(inputs);
  for (const auto& items : {map.get(return_exceptions), map.get(return_exceptions),
                            cluster.all().map<refuse_odd>(inputs).get(return_exceptions)}) {
    REQUIRE(items.size() == 5);
    for (std::size_t i : {0, 2, 4})
      CHECK(items[i].value() == static_cast<int>(i));
    CHECK_THROWS_WITH(items[3].value(), Contains("item 3: ") && Contains("odd: 3"));
    CHECK_THROWS_AS(items[1].value(), muster::ItemError);
  }
  const auto nothing = cluster.all().map<refuse_all>(inputs).get(return_exceptions);
  REQUIRE(nothing.size() == 5);
  CHECK_THROWS_WITH(nothing[4].value(), Contains("item 4: "));
}

TEST_CASE("a lost engine's items all have its error, and the others their values") {
  const muster::Cluster cluster({.engines = 2});
  const auto die_on_1 = [](muster::Context& context, int n) {
    if (context.engine() == 1) ::_exit(3);
    return n;
  };
  const auto items = cluster.all().map(die_on_1, std::vector{0, 1, 2, 3, 4}).get(return_exceptions);
  REQUIRE(items.size() == 5);
  CHECK(items[2].value() == 2);
  CHECK_THROWS_AS(items[3].value(), muster::EngineLost);
  CHECK_THROWS_AS(items[4].value(), muster::EngineLost);
  // The one that was executing when the process ended says how that was.
  CHECK_THROWS_WITH(items[3].value(),
                    Catch::Contains("engine 1, pid ") && Catch::Contains("exit code 3"));
}

TEST_CASE("a result says how far it is, where it ran and how long it took") {
  const muster::test::Sandbox sandbox;
  const muster::Cluster cluster({.engines = 1});
  const muster::test::Gate gate(sandbox.path());
  const auto view = cluster.load_balanced_view();
  const auto held = view.apply<behind_gate>(gate.path());
  CHECK(held.info().status == Status::open);
  CHECK(held.progress().done == 0);
  CHECK(held.progress().total == 1);
  CHECK(held.wall_time() == 0ns);

  CHECK_THROWS_WITH(held.successful(), Contains("has not ended"));
  CHECK_THROWS_AS(held.timedelta(&TaskInfo::submitted, &TaskInfo::started), muster::ClusterError);
  gate.open();
  CHECK(held.get(bound));
  CHECK(held.info().status == Status::succeeded);
  CHECK(held.progress().done == 1);
  CHECK(held.elapsed() == held.wall_time());

  const auto slow = view.apply<for_20_ms>();
  slow.wait();
  CHECK(slow.serial_time() >= 20ms);
  CHECK(slow.info().run == slow.serial_time());
  CHECK(slow.wall_time() >= slow.serial_time());
  CHECK(slow.timedelta(&TaskInfo::started, &TaskInfo::completed) > 0ns);
  CHECK(slow.timedelta(&TaskInfo::submitted, &TaskInfo::started) >= 0ns);
  CHECK(slow.info().engine == 0);
  CHECK(slow.info().attempts == 1);
  const auto failing = view.apply<refuse_all>(1);
  failing.wait();
  CHECK(failing.info().status == Status::failed);
}

TEST_CASE("a map says where and when each of its items has run, when it is to remember that") {
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view().with({.item_info = true});
  const std::vector<int> items{0, 1, 2};
  auto map = view.map<refuse_odd>(items);
  CHECK_THROWS(map.get());
  const std::vector<muster::ItemsInfo> infos = map.info();
  REQUIRE(infos.size() == 3);
  for (std::size_t i = 0; i < infos.size(); ++i) {
    CHECK(infos[i].index == i);
    CHECK(infos[i].count == 1);
    CHECK(infos[i].status == (i == 1 ? Status::failed : Status::succeeded));
    CHECK((infos[i].engine == 0 || infos[i].engine == 1));
    CHECK(infos[i].pid > 0);
    CHECK_FALSE(infos[i].host.empty());
    CHECK(infos[i].attempts == 1);
    CHECK(infos[i].submitted <= infos[i].started);
    CHECK(infos[i].started <= infos[i].completed);
    CHECK(infos[i].completed <= infos[i].received);
  }
  CHECK(map.timedelta(&TaskInfo::submitted, &TaskInfo::received) >= infos[0].run);

  // Quick ones run together; all are said of.
  const std::vector<int> many(20'000, 2);
  auto quick = view.map<refuse_odd>(many);
  quick.get();
  std::size_t next = 0;
  std::chrono::nanoseconds run{};
  for (const muster::ItemsInfo& each : quick.info()) {
    REQUIRE(each.index == next);
    next += each.count;
    run += each.run;
  }
  CHECK(next == many.size());
  CHECK(run == quick.serial_time());

  auto silent = cluster.load_balanced_view().map<refuse_odd>(items);
  CHECK_THROWS_WITH(silent.info(), Contains(".item_info = true"));
}

TEST_CASE("items of a map that never ran are among its info, as what became of them") {
  const muster::test::Sandbox sandbox;
  const muster::Cluster cluster({.engines = 1});
  const muster::test::Gate gate(sandbox.path());
  const auto held = cluster.load_balanced_view().apply<behind_gate>(gate.path());
  auto map = cluster.load_balanced_view()
                 .with({.after = {held}, .item_info = true})
                 .map<refuse_odd>(std::vector<int>{2, 4});
  CHECK(map.info().empty());
  map.cancel();
  map.wait();
  const std::vector<muster::ItemsInfo> infos = map.info();
  REQUIRE_FALSE(infos.empty());
  CHECK(infos[0].status == Status::cancelled);
  CHECK(infos[0].engine == -1);
  CHECK(infos[0].attempts == 0);
  CHECK_THROWS_WITH(map.timedelta(&TaskInfo::submitted, &TaskInfo::started),
                    Contains("hasn't come so far"));
  gate.open();
}

TEST_CASE("a request to cancel doesn't wait, and what was cancelled says so") {
  const muster::test::Sandbox sandbox;
  const muster::Cluster cluster({.engines = 1, .hwm = 1});
  const muster::test::Gate gate(sandbox.path());
  const auto view = cluster.load_balanced_view();
  const auto held = view.apply<behind_gate>(gate.path());
  const auto unwanted = view.apply<for_20_ms>();
  unwanted.request_cancel();
  CHECK_THROWS_AS(unwanted.get(bound), muster::Cancelled);
  CHECK(unwanted.info().status == Status::cancelled);
  gate.open();
  CHECK(held.get(bound));
}

TEST_CASE("results of one call on several engines have times and progress together") {
  const muster::Cluster cluster({.engines = 2});
  const auto results = cluster.all().apply<for_20_ms>();
  CHECK(results.wait_for(bound));
  CHECK(results.progress().done == 2);
  CHECK(results.progress().total == 2);
  CHECK(results.serial_time() >= 40ms);
  CHECK(results.wall_time() >= 20ms);
  CHECK(results.elapsed() == results.wall_time());
  CHECK(results.timedelta(&TaskInfo::submitted, &TaskInfo::received) > 0ns);
  CHECK(results.info().at(1).engine == 1);
  CHECK(results.split().size() == 2);
  CHECK_THROWS_WITH((cluster[{1, 1}].apply<where>().get_dict()), Contains("engine 1 gave several"));
}

TEST_CASE("results are joined, and joined ones are split again") {
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  const auto two = muster::join(view.apply<refuse_odd>(2), view.apply<refuse_odd>(4));
  CHECK(two.get(bound) == std::vector{2, 4});
  const auto four = muster::join(two, cluster.all().apply<where>());
  CHECK(four.get() == std::vector{2, 4, 0, 1});
  CHECK(four.split()[1].get() == 4);
  CHECK(four.successful());
  CHECK(four.info().size() == 4);
  CHECK(muster::join(cluster.all().apply<where>()).get_dict().at(1) == 1);

  const std::vector bad{view.apply<refuse_odd>(1), view.apply<refuse_odd>(2)};
  const auto one_failed = muster::join(bad);
  CHECK_THROWS_AS(one_failed.get(), muster::TaskError);
  CHECK(one_failed.get(return_exceptions)[1].value() == 2);
  CHECK_FALSE(one_failed.successful());
  try {
    muster::join(one_failed, bad).get();
    FAIL("two have failed");
  } catch (const muster::CompositeError& error) {
    REQUIRE(error.parts().size() == 2);
    CHECK(error.parts()[1].index == 2);
    CHECK(error.parts()[1].engine == bad[0].info().engine);
  }
  CHECK(muster::join(std::vector<muster::AsyncResult<int>>{}).get().empty());
}

TEST_CASE("waiting interactively ends when all have ended, or with the onlooker's patience") {
  const muster::test::Sandbox sandbox;
  const muster::Cluster cluster({.engines = 2});
  const muster::test::Gate gate(sandbox.path());
  const auto view = cluster.load_balanced_view();
  const auto held = view.apply<behind_gate>(gate.path());
  CHECK_FALSE(held.wait_interactive({.patience = 1ms}));
  gate.open();
  CHECK(held.wait_interactive({.patience = bound}));
  CHECK(cluster.all().apply<where>().wait_interactive());
  const auto map = view.map<refuse_odd>(std::vector{0, 2, 4});
  CHECK(map.wait_interactive());
  CHECK(map.progress().done == 3);
}
