// Tasks that wait for others: ViewOptions::after.

#include <algorithm>
#include <numeric>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/muster.hpp>

#include "tests/processes/gate.hpp"
#include "tests/processes/sandbox.hpp"

using Catch::Contains;
using muster::AsyncResult;
using muster::On;
using muster::test::bound;
using muster::test::Gate;

namespace {

int square(int n) {
  return n * n;
}
int behind_gate(const std::string& gate, int n) {
  muster::test::pass(gate);
  return n;
}
int refuses_two(int n) {
  if (n == 2) throw std::invalid_argument("two");
  return n;
}
int note_self(const std::string& gate, const std::string& name) {
  muster::test::note(gate, name);
  return 1;
}
double sum(std::span<const double> numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0.0);
}
std::vector<double> iota(int n) {
  std::vector<double> numbers(static_cast<std::size_t>(n));
  std::iota(numbers.begin(), numbers.end(), 0.0);
  return numbers;
}
std::string described(std::string_view what, double value, std::span<const double> numbers) {
  return std::string(what) + " " + std::to_string(static_cast<int>(value)) + " of " +
         std::to_string(numbers.size());
}
std::string word(int n) {
  return n == 1 ? "one" : "many";
}
int deeper(int a, int b) {
  return std::max(a, b) + 1;
}
int fails(const std::string& why) {
  throw std::runtime_error(why);
}

}  // namespace

TEST_CASE("a task starts after those that it is to start after, and not before") {
  const muster::test::Sandbox sandbox;
  const Gate gate(sandbox.path());
  const muster::Cluster cluster({.engines = 3});
  const auto view = cluster.load_balanced_view();
  const auto a = view.apply<behind_gate>(gate.path(), 1);
  const auto b = view.apply<square>(2);
  const auto late = view.with({.after = {a, b}}).apply<note_self>(gate.path(), "late");
  CHECK(b.get(bound) == 4);
  // Others go past it.
  for (int n = 0; n < 50; ++n)
    CHECK(view.apply<square>(n).get(bound) == n * n);
  CHECK_FALSE(late.ready());
  CHECK(gate.notes("late").empty());
  gate.open();
  CHECK(late.get(bound) == 1);
}

TEST_CASE("a task whose results have been read is as good to wait for as one that runs") {
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  std::vector<AsyncResult<int>> squares;
  for (int n = 0; n < 20; ++n)
    squares.push_back(view.apply<square>(n));
  for (const auto& result : squares)
    result.get(bound);
  CHECK(view.with({.after = muster::all_of(squares)}).apply<square>(5).get(bound) == 25);
}

TEST_CASE("what waits for the value of a task that fails ends at once and says why") {
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  const auto bad = view.with({.label = "load"}).apply<fails>("no such file");
  const auto after = view.with({.label = "train", .after = {bad}}).apply<square>(1);
  const auto last = view.with({.after = {after}}).apply<square>(2);
  CHECK_THROWS_AS(last.get(bound), muster::ImpossibleDependency);
  CHECK_THROWS_WITH(after.get(bound), Contains("can't start") && Contains("has thrown"));
  CHECK_THROWS_WITH(last.get(bound), Contains("couldn't start itself"));
  CHECK(after.info().attempts == 0);
}

TEST_CASE("a clean-up waits for the failure, or for the end, of what it cleans up after") {
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  const auto bad = view.apply<fails>("out of disk");
  const auto good = view.apply<square>(3);
  CHECK(view.with({.after = muster::all_of({bad}, On::failure)}).apply<square>(4).get(bound) == 16);
  CHECK(view.with({.after = muster::all_of({bad, good}, On::end)}).apply<square>(5).get(bound) ==
        25);
  CHECK(view.with({.after = muster::any_of({bad, good})}).apply<square>(6).get(bound) == 36);
  const auto never = view.with({.after = muster::all_of({good}, On::failure)}).apply<square>(7);
  CHECK_THROWS_AS(never.get(bound), muster::ImpossibleDependency);
  CHECK_THROWS_WITH(never.get(bound),
                    Contains("was to fail, and (" + good.id().text() + ") has given a value"));
}

TEST_CASE("each item of a map waits for what the map is to start after") {
  const muster::test::Sandbox sandbox;
  const Gate gate(sandbox.path());
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  const auto first = view.apply<behind_gate>(gate.path(), 1);
  std::vector<int> numbers(100);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = static_cast<int>(i);
  auto squares = view.with({.after = {first}, .chunk = 10}).map<square>(numbers);
  CHECK(view.apply<square>(9).get(bound) == 81);
  CHECK(squares.progress().done == 0);
  gate.open();
  int next = 0;
  for (const int n : squares) {
    CHECK(n == next * next);
    ++next;
  }
  CHECK(next == 100);
}

TEST_CASE("a task that waits for others can be cancelled, and what waits for it hears of it") {
  const muster::test::Sandbox sandbox;
  const Gate gate(sandbox.path());
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  const auto first = view.apply<behind_gate>(gate.path(), 1);
  const auto second = view.with({.after = {first}}).apply<square>(2);
  const auto third = view.with({.after = {second}}).apply<square>(3);
  CHECK(second.cancel() == muster::CancelOutcome::cancelled);
  CHECK_THROWS_WITH(third.get(bound), Contains("was cancelled"));
  gate.open();
  CHECK(first.get(bound) == 1);
}

TEST_CASE("a graph of 20,000 tasks runs in its order") {
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  constexpr std::size_t width = 100;
  std::vector<AsyncResult<int>> layer;
  for (std::size_t i = 0; i < width; ++i)
    layer.push_back(view.apply<square>(1));
  std::vector<AsyncResult<int>> all = layer;
  for (int depth = 1; depth < 200; ++depth) {
    std::vector<AsyncResult<int>> next;
    for (std::size_t i = 0; i < width; ++i) {
      const auto after = muster::all_of({layer[i], layer[(i + 1) % width]});
      next.push_back(view.with({.after = after}).apply<square>(depth));
    }
    layer = next;
    all.insert(all.end(), next.begin(), next.end());
  }
  // All of them, in one line.
  CHECK(view.with({.after = muster::all_of(all)}).apply<square>(7).get(bound) == 49);
  for (const auto& result : all)
    REQUIRE(result.successful());
}

TEST_CASE("a task starts after all items of a map, and not before") {
  const muster::test::Sandbox sandbox;
  const Gate gate(sandbox.path());
  const muster::Cluster cluster({.engines = 3});
  const auto view = cluster.load_balanced_view();
  const std::vector<int> numbers(300, 4);
  auto squares = view.map<square>(numbers);
  const auto held = view.apply<behind_gate>(gate.path(), 1);
  const std::vector<std::string> gates(2, gate.path());
  auto behind = view.map<behind_gate>(gates, std::vector<int>{1, 2});
  const auto late =
      view.with({.after = {squares, behind, held}}).apply<note_self>(gate.path(), "late");
  CHECK(squares.get().size() == 300);
  CHECK_FALSE(late.ready());
  CHECK(gate.notes("late").empty());
  gate.open();
  CHECK(late.get(bound) == 1);
  CHECK(behind.get() == std::vector{1, 2});
  // It is as good when all of its values have been read, or given away.
  CHECK(view.with({.after = muster::all_of(squares)}).apply<square>(5).get(bound) == 25);
  CHECK(std::move(squares).get().size() == 300);
}

TEST_CASE("what waits for a map of which an item fails ends at once, and its clean-up runs") {
  const muster::test::Sandbox sandbox;
  const Gate gate(sandbox.path());
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  const std::vector<int> numbers{1, 2, 3, 4};
  auto odd_ones = view.map<refuses_two>(numbers);
  auto held = view.map<behind_gate>(std::vector<std::string>{gate.path()}, std::vector<int>{1});
  const auto after = view.with({.after = {odd_ones, held}}).apply<square>(1);
  CHECK_THROWS_AS(after.get(bound), muster::ImpossibleDependency);
  CHECK_THROWS_WITH(after.get(bound), Contains("has thrown"));
  CHECK(view.with({.after = muster::all_of(odd_ones, On::end)}).apply<square>(2).get(bound) == 4);
  CHECK(view.with({.after = muster::any_of(odd_ones)}).apply<square>(3).get(bound) == 9);
  CHECK(view.with({.after = muster::any_of(odd_ones, On::failure)}).apply<square>(4).get(bound) ==
        16);
  CHECK_THROWS_AS(
      view.with({.after = muster::all_of(odd_ones, On::failure)}).apply<square>(5).get(bound),
      muster::ImpossibleDependency);
  // The same of one that has ended before.
  CHECK_THROWS(odd_ones.get());
  CHECK_THROWS_WITH(view.with({.after = {odd_ones}}).apply<square>(1).get(bound),
                    Contains("(item 1 of a map) has thrown"));
  gate.open();
}

TEST_CASE("the items of a cancelled map are what waits for it is told of") {
  const muster::test::Sandbox sandbox;
  const Gate gate(sandbox.path());
  const muster::Cluster cluster({.engines = 1});
  const auto view = cluster.load_balanced_view();
  const auto held = view.apply<behind_gate>(gate.path(), 1);
  auto squares = view.with({.after = {held}}).map<square>(std::vector<int>(40, 2));
  const auto late = view.with({.after = {squares}}).apply<square>(3);
  squares.cancel();
  CHECK_THROWS_WITH(late.get(bound), Contains("was cancelled"));
  gate.open();
}

TEST_CASE("a map is read to its end for what is to start after it, and its values stay") {
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  std::vector<int> numbers(2000);
  std::iota(numbers.begin(), numbers.end(), 0);
  auto squares = view.with({.window = 10}).map<square>(numbers);
  CHECK(squares.progress().submitted < 2000);
  const auto after = view.with({.after = {squares}}).apply<square>(6);
  CHECK(squares.progress().submitted == 2000);
  CHECK(after.get(bound) == 36);
  CHECK(squares.progress().done == 2000);
  int next = 0;
  for (const int n : squares) {
    REQUIRE(n == next * next);
    ++next;
  }
  CHECK(next == 2000);
}

TEST_CASE("a task follows a map to an engine on which items of it have run") {
  const muster::Cluster cluster({.engines = 3});
  const auto view = cluster.load_balanced_view();
  const std::vector<int> numbers(50, 2);
  auto squares = view.with({.targets = {1}}).map<square>(numbers);
  const auto following = view.with({.follow = {squares}}).apply<square>(3);
  CHECK(following.get(bound) == 9);
  CHECK(following.info().engine == 1);
  squares.get();
  const auto later = view.with({.follow = {squares}}).apply<square>(4);
  CHECK(later.get(bound) == 16);
  CHECK(later.info().engine == 1);
  auto failing = view.with({.targets = {2}}).map<refuses_two>(numbers);
  failing.wait();
  const auto cleaner = view.with({.follow = muster::any_of(failing, On::failure)}).apply<square>(5);
  CHECK(cleaner.get(bound) == 25);
  CHECK(cleaner.info().engine == 2);
}

TEST_CASE(
    "who waits for any item of a map without items is told so, and for all has nothing to do") {
  const muster::Cluster cluster({.engines = 1});
  const auto view = cluster.load_balanced_view();
  auto none = view.map<square>(std::vector<int>{});
  CHECK(view.with({.after = {none}}).apply<square>(2).get(bound) == 4);
  CHECK_THROWS_WITH(view.with({.after = muster::any_of(none)}).apply<square>(2).get(bound),
                    Contains("a map that has none"));
}

TEST_CASE("a fold, and what map_chunks gives, can be waited for as a map can") {
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  const std::vector<double> xs(1000, 1.0);
  auto sums = view.map_chunks<sum>(xs);
  CHECK(view.with({.after = {sums}}).apply<square>(2).get(bound) == 4);
  CHECK(sums.ready());
}

TEST_CASE("a task can't wait for one of another client") {
  const muster::Cluster cluster({.engines = 1});
  const muster::Cluster other({.engines = 1});
  const auto theirs = other.load_balanced_view().apply<square>(1);
  const auto view = cluster.load_balanced_view();
  CHECK_THROWS_WITH(view.with({.after = {theirs}}).apply<square>(2),
                    Contains("tasks of its own client"));
  auto their_map = other.load_balanced_view().map<square>(std::vector<int>{1, 2});
  CHECK_THROWS_WITH(view.with({.after = {their_map}}).apply<square>(2),
                    Contains("tasks of its own client"));
}

TEST_CASE("a result is an argument before it is there, and the cluster passes it on") {
  const muster::test::Sandbox sandbox;
  const Gate gate(sandbox.path());
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  const auto first = view.apply<behind_gate>(gate.path(), 3);
  auto result = view.apply<square>(first);
  for (int i = 0; i < 2; ++i)
    result = view.apply<square>(result);
  gate.open();
  CHECK(result.get(bound) == 6561);
  // It is as good when it has been read.
  CHECK(first.get(bound) == 3);
  CHECK(view.apply<square>(first).get(bound) == 9);
}

TEST_CASE("results stand among other arguments, for views of what they are, and are large") {
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  for (const int n : {10, 5000, 300'000}) {
    const auto numbers = view.apply<iota>(n);
    const auto total = view.apply<sum>(numbers);
    CHECK(view.apply<described>(view.apply<word>(n), total, numbers).get(bound) ==
          "many " + std::to_string(static_cast<int>(n * (n - 1.0) / 2)) + " of " +
              std::to_string(n));
    CHECK(total.get(bound) == n * (n - 1.0) / 2);
    CHECK(view.apply<described>("again", total, numbers).get(bound).ends_with(std::to_string(n)));
    const std::vector<double> own(20'000);
    CHECK(view.apply<described>("mixed", total, own).get(bound).ends_with(" of 20000"));
  }
}

TEST_CASE("who has the result of a task that fails as an argument doesn't start") {
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  const auto bad = view.with({.label = "the bad one"}).apply<fails>("no");
  CHECK_THROWS_AS(view.apply<square>(bad).get(bound), muster::ImpossibleDependency);
  bad.wait();
  const auto late = view.apply<square>(bad);
  CHECK_THROWS_AS(late.get(bound), muster::ImpossibleDependency);
  CHECK_THROWS_WITH(late.get(bound), Contains("the bad one, " + bad.id().text()));
  // It is said which one, by its id: muster result, muster debug.
  const auto after = view.with({.after = {bad}}).apply<square>(2);
  CHECK_THROWS_WITH(after.get(bound),
                    Contains("(the bad one, " + bad.id().text() + ") has thrown"));
}

TEST_CASE("each engine of a direct view gets the result that is an argument") {
  const muster::Cluster cluster({.engines = 3});
  const auto five = cluster.load_balanced_view().apply<square>(5);
  const std::vector<int> all = cluster.all().apply<square>(five).get(bound);
  CHECK(all == std::vector{625, 625, 625});
}

TEST_CASE("a graph of a hundred thousand tasks comes to its end, whatever waits for whatever") {
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  std::mt19937 random(7);
  std::vector<AsyncResult<int>> tasks;
  std::vector<int> depth;  // of each, as one thread computes it
  for (std::size_t i = 0; i < 100'000; ++i) {
    if (i < 10) {
      tasks.push_back(view.apply<square>(0));
      depth.push_back(0);
      continue;
    }
    const std::size_t a = random() % i;
    const std::size_t b = i % 2 == 0 ? 0 : random() % i;  // half of them wait for the first one
    tasks.push_back(view.apply<deeper>(tasks[a], tasks[b]));
    depth.push_back(deeper(depth[a], depth[b]));
  }
  // And one for all of them.
  const auto last = view.with({.after = muster::all_of(tasks)}).apply<square>(3);
  CHECK(last.get(bound) == 9);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < tasks.size(); ++i)
    wrong += tasks[i].get(bound) != depth[i] ? 1 : 0;
  CHECK(wrong == 0);
}
