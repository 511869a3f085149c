// What a map borrows and takes of its input, and how it ends.

#include <chrono>
#include <cstddef>
#include <forward_list>
#include <iterator>
#include <memory>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/async_map_result.hpp>
#include <muster/load_balanced_view.hpp>

#include "tests/unit/fake_map_connection.hpp"

namespace {

using muster::LoadBalancedView;
using muster::detail::Connection;

int unbox(std::unique_ptr<int> box) {
  return *box;
}
std::size_t length(const std::string& text) {
  return text.size();
}
int same_int(int x) {
  return x;
}

/// Throws in place of its third number.
class Breaking {
 public:
  struct Iterator {
    using value_type = int;
    using difference_type = std::ptrdiff_t;
    int operator*() const { return number == 2 ? throw std::range_error("broken") : number; }
    Iterator& operator++() {
      ++number;
      return *this;
    }
    void operator++(int) { ++number; }
    bool operator==(std::default_sentinel_t) const { return number == 9; }
    int number = 0;
  };
  Iterator begin() const { return {}; }
  std::default_sentinel_t end() const { return {}; }
};

std::shared_ptr<Connection> fake() {
  auto connection = std::make_shared<Connection>();
  connection->when_waiting = [](Connection& c) { c.finish_oldest(); };
  return connection;
}

}  // namespace

TEST_CASE("a borrowed range is read where it is, when it is read") {
  std::vector<int> xs = {1, 2, 3, 4};
  auto map = LoadBalancedView(fake(), {.window = 2}).map<same_int>(xs);
  xs[0] = 10;
  xs[3] = 40;
  CHECK(map.get() == std::vector{1, 2, 3, 40});
}

TEST_CASE("the strings of a borrowed range stay, those of a range that was moved in are taken") {
  std::vector<std::string> texts = {"a", "bb", std::string(100, 'c')};
  const auto view = LoadBalancedView(fake());
  CHECK(view.map<length>(texts).get() == std::vector<std::size_t>{1, 2, 100});
  CHECK(texts[2].size() == 100);
  auto map = view.map<length>(std::move(texts));
  CHECK(texts.empty());
  CHECK(map.get() == std::vector<std::size_t>{1, 2, 100});
}

TEST_CASE("arguments that can only be moved are moved out of a range that was moved in") {
  std::vector<std::unique_ptr<int>> boxes;
  boxes.push_back(std::make_unique<int>(7));
  boxes.push_back(std::make_unique<int>(8));
  CHECK(LoadBalancedView(fake()).map<unbox>(std::move(boxes)).get() == std::vector{7, 8});
}

TEST_CASE("what a view looks at is nobody's to move") {
  std::vector<std::string> texts = {"a", std::string(100, 'c')};
  LoadBalancedView(fake()).map<length>(std::span(texts)).get();
  CHECK(texts[1].size() == 100);
}

TEST_CASE("arrays, lists without a size and vectors of bool are input too") {
  const auto view = LoadBalancedView(fake());
  const int array[] = {1, 2};
  CHECK(view.map<same_int>(array).get() == std::vector{1, 2});
  auto list = view.map<same_int>(std::forward_list<short>{3, 4});
  CHECK(list.get() == std::vector{3, 4});
  CHECK(view.map([](bool b) { return !b; }, std::vector<bool>{true, false}).get() ==
        std::vector<bool>{false, true});
}

TEST_CASE("what the input throws stands at the place of the item that it could not give") {
  auto map = LoadBalancedView(fake()).map<same_int>(Breaking{});
  CHECK(map.size() == 3u);
  auto item = map.begin();
  CHECK(*item == 0);
  ++item;
  CHECK(*item == 1);
  ++item;
  CHECK_THROWS_AS(*item, std::range_error);
  ++item;
  CHECK(item == map.end());
}

TEST_CASE("an item that is too large has its place, and the others go on") {
  const auto connection = fake();
  connection->argument_bytes_max = 50;
  const std::vector<std::string> texts = {"a", std::string(100, 'b'), "cc"};
  auto map = LoadBalancedView(connection).map<length>(texts);
  auto item = map.begin();
  CHECK(*item == 1);
  ++item;
  try {
    *item;
    FAIL("it must throw");
  } catch (const muster::TooLarge& error) {
    CHECK(muster::item_of(error) == 1u);
  }
  ++item;
  CHECK(*item == 2);
  CHECK(map.progress().done == 3);
}

TEST_CASE(
    "a map on a lost connection throws at once, and a loss later in the place of what it lost") {
  const auto connection = fake();
  const std::vector<int> xs = {0, 1, 2, 3, 4, 5};
  auto map = LoadBalancedView(connection, {.window = 3}).map<same_int>(xs);
  connection->finish_oldest();
  connection->lose();
  CHECK_THROWS_AS(LoadBalancedView(connection).map<same_int>(xs), muster::ConnectionLost);
  auto item = map.begin();
  CHECK(*item == 0);
  ++item;
  try {
    *item;
    FAIL("it must throw");
  } catch (const muster::ConnectionLost& error) {
    CHECK_FALSE(muster::item_of(error).has_value());
  }
}

TEST_CASE("dropping a map reads no more, cancels nothing and lets its tasks go on") {
  const auto connection = fake();
  const auto xs = std::make_shared<std::vector<int>>(10, 5);
  { auto map = LoadBalancedView(connection, {.window = 3}).map<same_int>(*xs); }
  CHECK(connection->submitted == 3);
  CHECK_FALSE(connection->open.front()->cancel_wished);
  const std::weak_ptr<muster::detail::ItemOutcomes> outcomes = connection->open.front()->outcomes;
  connection->finish_all();
  CHECK(outcomes.expired());
}

TEST_CASE("a result that was read makes room for others") {
  const auto connection = fake();
  const auto megabyte = [](int) { return std::string(std::size_t{1} << 20, 'x'); };
  const std::vector<int> xs(200, 5);
  std::size_t read = 0;
  for (const std::string& text : LoadBalancedView(connection, {.window = 100}).map(megabyte, xs)) {
    REQUIRE(text.size() == std::size_t{1} << 20);
    if (connection->submitted > 100) CHECK(read > 100 - 64);
    ++read;
  }
  CHECK(read == 200);
}

TEST_CASE("cancelling a map ends its input and asks what has not ended to stop") {
  const auto connection = fake();
  auto map = LoadBalancedView(connection, {.window = 3}).map<same_int>(std::vector<int>(10, 5));
  connection->finish_oldest();
  map.cancel();
  CHECK(map.size() == 3u);
  auto item = map.begin();
  CHECK(*item == 5);
  ++item;
  CHECK_THROWS_AS(*item, muster::Cancelled);
  ++item;
  CHECK_THROWS_AS(*item, muster::Cancelled);
  ++item;
  CHECK(item == map.end());
}

TEST_CASE("a handle that names no map says so") {
  muster::AsyncMapResult<int> none;
  CHECK_FALSE(none.valid());
  CHECK_THROWS_AS(none.begin(), muster::ClusterError);
  CHECK_THROWS_AS(none.ready(), muster::ClusterError);
  CHECK_THROWS_AS(none.progress(), muster::ClusterError);
}
