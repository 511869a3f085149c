// Maps over a connection that ends tasks in the order that each test says.

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <ranges>
#include <set>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/async_map_result.hpp>
#include <muster/load_balanced_view.hpp>

#include "tests/unit/endless.hpp"
#include "tests/unit/fake_map_connection.hpp"

using namespace std::chrono_literals;

namespace {

using muster::AsyncMapResult;
using muster::CompositeError;
using muster::LoadBalancedView;
using muster::TaskError;
using muster::detail::Connection;
using muster::test::Endless;

int square(int x) {
  return x * x;
}
int refuse_odd(int x) {
  if (x % 2 != 0) throw std::out_of_range("odd: " + std::to_string(x));
  return x;
}
void nothing(int) {}
std::unique_ptr<int> boxed(int x) {
  return std::make_unique<int>(x);
}
std::string long_text(int) {
  return std::string(std::size_t{1} << 20, 'x');
}

std::shared_ptr<Connection> fake(std::function<void(Connection&)> when_waiting = nullptr) {
  auto connection = std::make_shared<Connection>();
  connection->when_waiting = std::move(when_waiting);
  return connection;
}

LoadBalancedView window_of(std::shared_ptr<Connection> connection, std::size_t window) {
  return LoadBalancedView(std::move(connection), {.window = window});
}

void finish_newest(Connection& connection) {
  connection.finish_newest();
}
void finish_oldest(Connection& connection) {
  connection.finish_oldest();
}

std::vector<int> numbers(int count) {
  std::vector<int> numbers;
  for (int i = 0; i < count; ++i)
    numbers.push_back(i);
  return numbers;
}

static_assert(std::ranges::input_range<AsyncMapResult<int>>);
static_assert(std::ranges::input_range<AsyncMapResult<std::unique_ptr<int>>>);
static_assert(std::ranges::input_range<muster::CompletedItems<void>>);
static_assert(!std::is_copy_constructible_v<AsyncMapResult<int>>);
static_assert(std::is_nothrow_move_constructible_v<AsyncMapResult<int>>);

}  // namespace

TEST_CASE("a map gives its results in the order of its input, whatever the order of arrival") {
  const auto xs = numbers(10);
  std::vector<int> got;
  for (int y : LoadBalancedView(fake(finish_newest)).map<square>(xs))
    got.push_back(y);
  CHECK(got == std::vector{0, 1, 4, 9, 16, 25, 36, 49, 64, 81});
}

TEST_CASE("as_completed gives pairs of index and value in the order of arrival") {
  const auto xs = numbers(4);
  std::vector<std::pair<std::size_t, int>> got;
  for (auto [i, y] : LoadBalancedView(fake(finish_newest)).map<square>(xs).as_completed())
    got.emplace_back(i, y);
  CHECK(got == std::vector<std::pair<std::size_t, int>>{{3, 9}, {2, 4}, {1, 1}, {0, 0}});
}

TEST_CASE("the values of a row keep their order, and each comes when those before it were read") {
  const auto connection = fake(finish_oldest);
  auto map = LoadBalancedView(connection).map<square>(numbers(9));
  connection->finish_row(6, 3);
  connection->finish_row(1, 4);
  std::vector<int> got;
  for (int y : map)
    got.push_back(y);
  CHECK(got == std::vector{0, 1, 4, 9, 16, 25, 36, 49, 64});
}

TEST_CASE("as_completed gives the items of a row one by one, and another loop goes on in it") {
  const auto connection = fake(finish_oldest);
  auto map = LoadBalancedView(connection).map<square>(numbers(6));
  connection->finish_row(2, 4);
  std::vector<std::pair<std::size_t, int>> got;
  for (auto [i, y] : map.as_completed()) {
    got.emplace_back(i, y);
    if (got.size() == 2) break;
  }
  for (auto [i, y] : map.as_completed())
    got.emplace_back(i, y);
  CHECK(got ==
        std::vector<std::pair<std::size_t, int>>{{2, 4}, {3, 9}, {4, 16}, {5, 25}, {0, 0}, {1, 1}});
}

TEST_CASE("a loop in the order of the input passes over what was read in the order of arrival") {
  const auto connection = fake(finish_oldest);
  auto map = LoadBalancedView(connection).map<square>(numbers(6));
  connection->finish_row(1, 2);
  std::vector<int> got;
  for (auto [i, y] : map.as_completed()) {
    got.push_back(y);
    if (got.size() == 2) break;
  }
  for (int y : map)
    got.push_back(y);
  CHECK(got == std::vector{1, 4, 0, 9, 16, 25});
}

TEST_CASE("all values of rows may be had again, each as often as one likes") {
  const auto connection = fake(finish_oldest);
  auto map = LoadBalancedView(connection).map<square>(numbers(6));
  connection->finish_row(0, 6);
  CHECK(map.get() == std::vector{0, 1, 4, 9, 16, 25});
  CHECK(map.get() == std::vector{0, 1, 4, 9, 16, 25});
  auto it = map.begin();
  ++it;
  CHECK(*it == 1);
  CHECK(*it == 1);
  CHECK(std::move(map).progress().done == 6);
}

TEST_CASE("what arrived before as_completed was asked for comes in its order too") {
  const auto connection = fake(finish_oldest);
  auto map = LoadBalancedView(connection).map<square>(numbers(4));
  connection->finish(2);
  connection->finish(0);
  CHECK_FALSE(map.ready());
  std::vector<std::size_t> got;
  for (auto [i, y] : map.as_completed())
    got.push_back(i);
  CHECK(got == std::vector<std::size_t>{2, 0, 1, 3});
}

TEST_CASE("several ranges are read in step until the shortest ends, and no further") {
  int read = 0;
  const std::vector<int> xs = {1, 2, 3};
  const std::array<double, 4> ys = {0.5, 0.25, 0.125, 0};
  const auto view = LoadBalancedView(fake(finish_oldest));
  CHECK(view.map([](int a, double b) { return a * b; }, xs, ys).get() ==
        std::vector{0.5, 0.5, 0.375});
  auto map = view.map([](int a, int b) { return a + b; }, xs, Endless(read));
  CHECK_FALSE(map.size() == 4u);
  CHECK(map.get() == std::vector{1, 3, 5});
  CHECK(map.size() == 3u);
  CHECK(read == 3);
}

TEST_CASE("endless input is read no further than the window, then one item for each one taken") {
  int read = 0;
  auto map = window_of(fake(finish_oldest), 4).map<square>(Endless(read));
  CHECK(read == 4);
  CHECK_FALSE(map.size().has_value());
  int taken = 0;
  for (int y : map) {
    CHECK(y == taken * taken);
    if (++taken == 5) break;
  }
  CHECK(read == 8);
  map.cancel();
  CHECK(map.size() == 8u);
}

TEST_CASE("quick tasks don't let the window run away from whoever reads") {
  int read = 0;
  const auto connection = fake(finish_oldest);
  auto map = window_of(connection, 4).map<square>(Endless(read));
  int taken = 0;
  for ([[maybe_unused]] int y : map) {
    connection->finish_all();
    CHECK(read <= taken + 4);
    if (++taken == 100) break;
  }
}

TEST_CASE("a late item at the head doesn't idle the engines behind it") {
  int read = 0;
  const auto connection = fake([](Connection& c) {
    // Engines do everything else first, a hundred times.
    if (c.waits <= 100) {
      while (c.open.size() > 1)
        c.finish_newest();
    } else {
      c.finish_oldest();
    }
  });
  auto map = window_of(connection, 4).map<square>(Endless(read));
  CHECK(*map.begin() == 0);
  CHECK(connection->submitted == 4 + 100 * 3);
}

TEST_CASE("results that nobody has read are bounded in bytes behind a late item") {
  int read = 0;
  const auto connection = fake([](Connection& c) {
    if (c.open.size() > 1) {
      c.finish_newest();
    } else {
      c.finish_oldest();
    }
  });
  auto map = window_of(connection, 4).map<long_text>(Endless(read));
  CHECK((*map.begin()).size() == std::size_t{1} << 20);
  // 64 MiB of a little more than 1 MiB each, with the unfinished ones; the head is one of them.
  CHECK(connection->submitted >= 60);
  CHECK(connection->submitted <= 64);
}

TEST_CASE("by default 4096 tasks are submitted at once") {
  int read = 0;
  const auto map = LoadBalancedView(fake()).map<square>(Endless(read));
  CHECK(read == 4096);
  CHECK(map.progress().submitted == 4096);
}

TEST_CASE("without credit the map waits with at most one item in hand, and loses none") {
  int read = 0;
  const auto connection = fake([](Connection& c) {
    if (c.open.empty()) {
      c.credit += 2;
    } else {
      c.finish_oldest();
    }
  });
  connection->credit = 0;
  auto map = window_of(connection, 8).map<square>(Endless(read));
  CHECK(read == 1);
  std::vector<int> got;
  for (int y : map) {
    got.push_back(y);
    if (got.size() == 5) break;
  }
  CHECK(got == std::vector{0, 1, 4, 9, 16});
  CHECK(read == static_cast<int>(connection->submitted) + 1);
}

TEST_CASE("an item's error keeps its type, its nested exception, its place and its index") {
  const auto xs = numbers(4);
  auto map = LoadBalancedView(fake(finish_newest)).map<refuse_odd>(xs);
  auto item = map.begin();
  CHECK(*item == 0);
  ++item;
  try {
    *item;
    FAIL("it must throw");
  } catch (const TaskError& error) {
    CHECK(muster::item_of(error) == 1u);
    CHECK(std::string(error.what()).find("item 1: std::out_of_range: odd: 1") == 0);
    CHECK_THROWS_AS(std::rethrow_if_nested(error), std::out_of_range);
  }
  CHECK_THROWS_AS(*item, muster::ItemError);
  ++item;
  CHECK(*item == 2);
  ++item;
  ++item;  // passes over an error that nobody looked at
  CHECK(item == map.end());
}

TEST_CASE("another loop over the same map goes on behind the error that ended the first") {
  auto map = LoadBalancedView(fake(finish_oldest)).map<refuse_odd>(numbers(6));
  std::vector<int> got;
  std::vector<std::size_t> failed;
  for (bool again = true; again;) {
    try {
      for (int y : map)
        got.push_back(y);
      again = false;
    } catch (const TaskError& error) {
      failed.push_back(muster::item_of(error).value());
    }
  }
  CHECK(got == std::vector{0, 2, 4});
  CHECK(failed == std::vector<std::size_t>{1, 3, 5});
}

TEST_CASE("an error of many parts shows the first of them, and how many more there are") {
  std::vector<CompositeError::Part> parts;
  for (std::size_t index = 0; index < 100; ++index) {
    parts.push_back(
        {index, std::make_exception_ptr(std::runtime_error("part " + std::to_string(index)))});
  }
  const CompositeError error(std::move(parts));
  CHECK(error.parts().size() == 100);
  CHECK_THAT(error.what(), Catch::Contains("100 parts of the call failed") &&
                               Catch::Contains("part 3\n  and 96 more") &&
                               !Catch::Contains("part 4"));
}

TEST_CASE("get throws the error of the one item that failed, and a CompositeError of several") {
  const auto view = LoadBalancedView(fake(finish_newest));
  try {
    view.map<refuse_odd>(std::vector{2, 3, 4}).get();
    FAIL("it must throw");
  } catch (const TaskError& error) {
    CHECK(muster::item_of(error) == 1u);
  }
  try {
    view.map<refuse_odd>(std::vector{1, 2, 3}).get();
    FAIL("it must throw");
  } catch (const CompositeError& error) {
    REQUIRE(error.parts().size() == 2);
    CHECK(error.parts()[0].index == 0);
    CHECK(error.parts()[1].index == 2);
    CHECK_THROWS_AS(std::rethrow_exception(error.parts()[1].error), TaskError);
  }
}

TEST_CASE("get(first_failure) gives up with the item that fails first, whatever is before it") {
  const auto connection = fake(finish_newest);
  auto map = window_of(connection, 4).map<refuse_odd>(numbers(100));
  try {
    std::move(map).get(muster::first_failure);
    FAIL("it must throw");
  } catch (const TaskError& error) {
    CHECK(muster::item_of(error) == 3u);
  }
  CHECK(connection->submitted == 4);
  for (const auto& item : connection->open)
    CHECK(item->cancel_wished);
  const auto evens = std::vector{0, 2, 4};
  CHECK(LoadBalancedView(fake(finish_newest)).map<refuse_odd>(evens).get(muster::first_failure) ==
        evens);
}

TEST_CASE("as_completed throws an item's error with its index and goes on") {
  auto map = LoadBalancedView(fake(finish_newest)).map<refuse_odd>(numbers(3)).as_completed();
  auto item = map.begin();
  CHECK(*item == std::pair<std::size_t, int>(2, 2));
  ++item;
  CHECK(item.index() == 1);
  CHECK_THROWS_AS(*item, TaskError);
  ++item;
  CHECK((*item).first == 0);
  ++item;
  CHECK(item == map.end());
}

TEST_CASE("a map over nothing is empty") {
  const std::vector<int> none;
  const auto view = LoadBalancedView(fake());
  auto map = view.map<square>(none);
  CHECK(map.ready());
  CHECK(map.size() == 0u);
  CHECK(map.begin() == map.end());
  CHECK(map.get().empty());
  CHECK(map.elapsed() == 0ns);
  for ([[maybe_unused]] auto item : view.map<square>(none).as_completed())
    FAIL("there is none");
}

TEST_CASE("results that can only be moved are given by value") {
  const auto view = LoadBalancedView(fake(finish_newest));
  int sum = 0;
  for (std::unique_ptr<int> box : view.map<boxed>(numbers(3)))
    sum += *box;
  for (auto [i, box] : view.map<boxed>(numbers(3)).as_completed())
    sum += 10 * *box;
  CHECK(sum == 33);
  CHECK(*view.map<boxed>(numbers(3)).get().back() == 2);
}

TEST_CASE("a map of a function that returns nothing can be waited for, got and iterated") {
  const auto view = LoadBalancedView(fake(finish_newest));
  static_assert(std::is_void_v<decltype(view.map<nothing>(numbers(3)).get())>);
  view.map<nothing>(numbers(3)).get();
  int count = 0;
  for ([[maybe_unused]] auto item : view.map<nothing>(numbers(3)))
    ++count;
  CHECK(count == 3);
}

TEST_CASE("get may be repeated, but not after iteration has gone past an item") {
  auto map = LoadBalancedView(fake(finish_newest)).map<square>(numbers(3));
  CHECK(map.get() == std::vector{0, 1, 4});
  CHECK(map.get(1s) == std::vector{0, 1, 4});
  auto item = map.begin();
  CHECK(*item == 0);
  ++item;
  CHECK_THROWS_AS(map.get(), muster::ClusterError);
}

TEST_CASE(
    "get with a duration throws TimedOut that names the caller's limit, and may be repeated") {
  const auto connection = fake([](Connection&) {});
  const auto map = LoadBalancedView(connection).map<square>(numbers(3));
  CHECK_FALSE(map.wait_for(0s));
  try {
    map.get(0s);
    FAIL("it must throw");
  } catch (const muster::TimedOut& error) {
    CHECK(error.limit() == muster::Limit::wait);
  }
  connection->finish_all();
  CHECK(map.get(0s).size() == 3);
}

TEST_CASE("who asks ready often enough brings a map to its end, also one larger than its window") {
  const auto connection = fake();
  const auto map = window_of(connection, 2).map<square>(numbers(7));
  int asked = 0;
  while (!map.ready()) {
    ++asked;
    CHECK(connection->open.size() <= 2);
    connection->finish_all();
  }
  CHECK(asked == 4);
  CHECK(map.get().size() == 7);
}

TEST_CASE("waiting for all keeps all results, whatever they take") {
  const auto map = window_of(fake(finish_oldest), 4).map<long_text>(numbers(80));
  map.wait();
  CHECK(map.progress().done == 80);
}

TEST_CASE("progress and times are those of what has ended so far") {
  const auto connection = fake(finish_oldest);
  const auto map = window_of(connection, 2).map<square>(numbers(3));
  connection->finish_oldest();
  CHECK(map.progress().done == 1);
  CHECK(map.progress().submitted == 2);
  CHECK(map.progress().total == 3u);
  CHECK(map.serial_time() == 5ms);
  map.wait();
  CHECK(map.progress().done == 3);
  CHECK(map.serial_time() == 15ms);
  CHECK(map.elapsed() == map.wall_time());
  CHECK(map.wall_time() >= 0ns);
}
