// Calls that get several items each: map_chunks, which joins what they give, and fold, which
// combines it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <ranges>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/muster.hpp>

#include "tests/processes/gate.hpp"
#include "tests/processes/sandbox.hpp"
#include "tests/unit/endless.hpp"

using namespace std::chrono_literals;
using Catch::Contains;
using muster::ClusterError;
using muster::ItemError;
using muster::Pool;
using muster::TaskError;
using muster::test::Endless;
using muster::test::Sandbox;

namespace {

std::vector<double> halves(std::span<const double> xs) {
  std::vector<double> ys;
  for (const double x : xs)
    ys.push_back(x / 2);
  return ys;
}
std::vector<double> scaled(std::span<const double> xs, const std::vector<double>& factors) {
  std::vector<double> ys;
  for (const double x : xs)
    ys.push_back(x * factors.at(0));
  return ys;
}
std::size_t length(std::span<const int> xs) {
  return xs.size();
}
std::vector<std::string> doubled(const std::vector<std::string>& texts) {
  std::vector<std::string> all;
  for (const std::string& text : texts)
    all.push_back(text + text);
  return all;
}
void look_at(std::span<const int>) {}
std::vector<int> refuse_five_hundred(std::span<const int> xs) {
  for (const int x : xs) {
    if (x == 500) throw std::range_error("five hundred");
  }
  return {xs.begin(), xs.end()};
}

std::int64_t square(std::int64_t x) {
  return x * x;
}
std::int64_t refuse_seven(std::int64_t x) {
  return x == 7 ? throw std::out_of_range("seven") : x;
}
std::string text_of(int x) {
  return std::to_string(x) + ' ';
}
std::size_t letters(const std::string& text) {
  return text.size();
}
std::int64_t product(int a, int b) {
  return std::int64_t{a} * b;
}
std::int64_t times(std::int64_t x, const std::vector<std::int64_t>& factors) {
  return x * factors.at(0);
}
std::int64_t sum(std::int64_t a, std::int64_t b) {
  return a + b;
}
/// As a result that can't be made without a value.
struct Extremes {
  int least = 0;
  int most = 0;
  MSGPACK_DEFINE(least, most)
};
Extremes of_one(int x) {
  return {x, x};
}
Extremes of_both(const Extremes& a, const Extremes& b) {
  return {std::min(a.least, b.least), std::max(a.most, b.most)};
}
std::set<std::uint64_t> seed_of_item(muster::Context& context, int) {
  return {context.seed()};
}
std::set<std::uint64_t> united(std::set<std::uint64_t> a, const std::set<std::uint64_t>& b) {
  a.insert(b.begin(), b.end());
  return a;
}
int pass_gate(const std::string& gate, std::stop_token stop) {
  muster::test::pass(gate, stop);
  return 1;
}

std::vector<int> numbers(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}
std::vector<double> doubles(int count) {
  const std::vector<int> from = numbers(count);
  return {from.begin(), from.end()};
}

}  // namespace

TEST_CASE("map_chunks gives functions spans, and joins the vectors that they return in order") {
  Pool pool(3);
  const std::vector<double> xs = doubles(10'000);
  std::vector<double> expected = xs;
  for (double& x : expected)
    x /= 2;
  CHECK(pool.map_chunks<halves>(xs) == expected);
  CHECK(pool.map_chunks<halves>(std::span(xs)) == expected);
  CHECK(pool.map_chunks_async<halves>(std::vector<double>(xs)).get() == expected);
  CHECK(pool.map_chunks([](std::span<const double> part) { return halves(part); }, xs) == expected);
  CHECK(pool.map_chunks<halves>(std::vector<double>()).empty());
}

TEST_CASE("chunks have the size that they are given, or are so many, and else several a worker") {
  Pool pool(2);
  const std::vector<int> xs = numbers(1000);
  CHECK(pool.map_chunks<length>(xs, {.chunk_size = 300}) ==
        std::vector<std::size_t>{300, 300, 300, 100});
  CHECK(pool.map_chunks<length>(xs, {.n_splits = 5}) == std::vector<std::size_t>(5, 200));
  CHECK(pool.map_chunks<length>(xs, {.n_splits = 2, .iterable_len = 10}) ==
        std::vector<std::size_t>{5, 5});
  const std::size_t by_itself = pool.map_chunks<length>(xs).size();
  CHECK(by_itself >= 8);
  CHECK(by_itself <= 64);
}

TEST_CASE("chunks of what doesn't travel as raw numbers are vectors, and need give nothing") {
  Pool pool(2);
  const std::vector<std::string> texts{"a", "b", "c"};
  CHECK(pool.map_chunks<doubled>(texts, {.chunk_size = 2}) ==
        std::vector<std::string>{"aa", "bb", "cc"});
  pool.map_chunks<look_at>(numbers(100));
}

TEST_CASE("what map_chunks gives besides the chunks travels once to each engine") {
  muster::Cluster cluster({.engines = 2});
  const std::vector<double> xs = doubles(100);
  const auto ys = cluster.load_balanced_view()
                      .map_chunks<scaled>(xs, muster::same(std::vector<double>{3.0}))
                      .get();
  REQUIRE(ys.size() == 100);
  CHECK(ys[99] == 297.0);
}

TEST_CASE("a chunk that fails names its items, and the pool stays usable") {
  Pool pool(2);
  const std::vector<int> xs = numbers(1000);
  auto chunks = pool.map_chunks_async<refuse_five_hundred>(xs, {.chunk_size = 200});
  for (int again = 0; again < 2; ++again) {
    try {
      chunks.get();
      FAIL("it has thrown");
    } catch (const TaskError& error) {
      CHECK(muster::item_of(error) == 400u);
      CHECK_THAT(error.what(), Contains("items 400 to 599: ") && Contains("five hundred"));
    }
  }
  CHECK(pool.map_chunks<length>(xs).size() > 0);
}

TEST_CASE("fold combines what a function gives for each item") {
  Pool pool(3);
  const std::vector<std::int64_t> xs{1, 2, 3, 4};
  CHECK(pool.fold<square, sum>(xs) == 30);
  CHECK(pool.fold<square, std::plus<>{}>(std::views::iota(0, 100'000)) == 333'328'333'350'000);
  CHECK(pool.fold([](int x) { return x + 1; }, [](int a, int b) { return a > b ? a : b; },
                  numbers(5000)) == 5000);
  const Extremes extremes = pool.fold<of_one, of_both>(numbers(777), {.chunk_size = 10});
  CHECK(extremes.least == 0);
  CHECK(extremes.most == 776);
}

TEST_CASE("a fold keeps the order of the input, whatever its chunks are") {
  Pool pool(3);
  std::string expected;
  for (const int x : numbers(2000))
    expected += text_of(x);
  CHECK(pool.fold<text_of, std::plus<>{}>(numbers(2000)) == expected);
  CHECK(pool.fold<text_of, std::plus<>{}>(numbers(2000), {.chunk_size = 7}) == expected);
  CHECK(pool.fold<text_of, std::plus<>{}>(numbers(2000), {.n_splits = 9}) == expected);
}

TEST_CASE("a fold of no items has no value, or the one that is given for it") {
  Pool pool(2);
  const std::vector<std::int64_t> none;
  CHECK_THROWS_WITH((pool.fold<square, sum>(none)), Contains("get_or"));
  CHECK(pool.fold_async<square, sum>(none).get_or(-1) == -1);
  CHECK(pool.fold_async<square, sum>(std::vector<std::int64_t>{3}).get_or(-1) == 9);
}

TEST_CASE("a fold reads input whose end isn't known, of items of any size") {
  Pool pool(2);
  int read = 0;
  CHECK(pool.fold<square, sum>(Endless(read), {.iterable_len = 1000}) == 332'833'500);
  CHECK(read == 1000);
  const std::vector<std::string> texts(200, std::string(10'000, 'x'));
  CHECK(pool.fold<letters, std::plus<>{}>(texts) == 2'000'000);
}

TEST_CASE("a view folds several ranges, and has bound values for all items") {
  muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  CHECK(view.fold<product, sum>(numbers(100), numbers(1000)).get() == 328'350);
  CHECK(view.fold<times, sum>(std::vector<std::int64_t>{1, 2, 3},
                              muster::same(std::vector<std::int64_t>{10}))
            .get() == 60);
}

TEST_CASE("each item of a fold has its own seed, whatever its chunk is") {
  Pool pool(2);
  const auto seeds = pool.fold<seed_of_item, united>(numbers(300));
  CHECK(seeds.size() == 300);
  CHECK(pool.fold<seed_of_item, united>(numbers(300), {.chunk_size = 1}) == seeds);
}

TEST_CASE("a fold gives up with the first chunk that fails, and the pool stays usable") {
  Pool pool(2);
  int read = 0;
  try {
    pool.fold<refuse_seven, sum>(Endless(read), {.chunk_size = 5});
    FAIL("it has thrown");
  } catch (const TaskError& error) {
    CHECK_THAT(error.what(), Contains("items 5 to 9: ") && Contains("seven"));
  }
  CHECK(pool.fold<square, sum>(std::vector<std::int64_t>{2}) == 4);
}

TEST_CASE("patience with a fold may end, and it can be cancelled, and join waits for one") {
  const Sandbox sandbox;
  Pool pool(2);
  const muster::test::Gate gate(sandbox.path());
  auto one = pool.fold_async<pass_gate, std::plus<>{}>(std::vector<std::string>(3, gate.path()));
  CHECK_FALSE(one.ready());
  CHECK_THROWS_AS(one.get(10ms), muster::TimedOut);
  one.cancel();
  CHECK_THROWS_AS(one.get(), muster::Cancelled);
  auto late = pool.fold_async<square, sum>(std::views::iota(0, 1000));
  pool.close();
  pool.join();
  CHECK(late.get() == 332'833'500);
}
