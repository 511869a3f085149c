// How many items of a map share a task, over a connection that ends tasks as each test says.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/async_map_result.hpp>
#include <muster/load_balanced_view.hpp>

#include "tests/unit/fake_map_connection.hpp"

using namespace std::chrono_literals;

namespace {

using muster::LoadBalancedView;
using muster::detail::Connection;
using Sizes = std::vector<std::size_t>;

int twice(int x) {
  return 2 * x;
}

std::vector<int> numbers(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

std::vector<int> doubled(int count) {
  std::vector<int> values = numbers(count);
  for (int& value : values)
    value *= 2;
  return values;
}

std::shared_ptr<Connection> fake(std::chrono::nanoseconds run) {
  auto connection = std::make_shared<Connection>();
  connection->run = run;
  connection->when_waiting = [](Connection& self) { self.finish_all(); };
  return connection;
}

}  // namespace

TEST_CASE("until it is known how long items take, each is a task") {
  const auto connection = fake(1us);
  const auto map = LoadBalancedView(connection, {.window = 40}).map<twice>(numbers(100));
  CHECK(connection->chunks == Sizes(40, 1));
}

TEST_CASE("quick items share tasks, the last ones fewer and fewer") {
  const auto connection = fake(1us);
  connection->engines = 2;
  const LoadBalancedView view(connection, {.window = 80});
  CHECK(view.map<twice>(numbers(1000)).get() == doubled(1000));
  Sizes chunks = connection->chunks;
  CHECK(std::accumulate(chunks.begin(), chunks.end(), std::size_t{0}) == 1000);
  chunks.erase(chunks.begin(), chunks.begin() + 80);
  CHECK(chunks.front() == 20);  // a quarter of the window, for two engines
  CHECK(std::is_sorted(chunks.rbegin(), chunks.rend()));
  CHECK(chunks.back() == 1);
}

TEST_CASE("a chunk is a millisecond of work, and long items go alone") {
  const auto connection = fake(250us);
  connection->engines = 1;
  CHECK(LoadBalancedView(connection, {.window = 100}).map<twice>(numbers(1000)).get().size() ==
        1000);
  CHECK(*std::max_element(connection->chunks.begin(), connection->chunks.end()) == 4);
  const auto slow = fake(20ms);
  CHECK(LoadBalancedView(slow, {.window = 100}).map<twice>(numbers(300)).get().size() == 300);
  CHECK(slow->chunks == Sizes(300, 1));
}

TEST_CASE("a chunk of the user's own size is kept to, but for the end and for the window") {
  const auto connection = fake(1us);
  CHECK(LoadBalancedView(connection, {.chunk = 64}).map<twice>(numbers(130)).get() == doubled(130));
  CHECK(connection->chunks == Sizes{64, 64, 2});
  const auto alone = fake(1us);
  CHECK(LoadBalancedView(alone, {.chunk = 1, .window = 10}).map<twice>(numbers(50)).get() ==
        doubled(50));
  CHECK(alone->chunks == Sizes(50, 1));
  const auto narrow = fake(1us);
  CHECK(LoadBalancedView(narrow, {.chunk = 64, .window = 10}).map<twice>(numbers(25)).get() ==
        doubled(25));
  CHECK(narrow->chunks == Sizes{10, 10, 5});
}

TEST_CASE("who takes results one by one doesn't make the chunks small") {
  const auto connection = fake(1us);
  connection->engines = 1;
  int next = 0;
  for (const int value : LoadBalancedView(connection, {.window = 100}).map<twice>(numbers(1000)))
    REQUIRE(value == 2 * next++);
  CHECK(next == 1000);
  // Once known, half a window each; with one item for each that was taken there would be hundreds.
  CHECK(connection->chunks.size() < 100 + 60);
}

TEST_CASE("what is too large for company ends a chunk") {
  const auto connection = fake(1us);
  connection->batch_bytes_max = 8;
  const std::vector<std::string> texts{"a", "b", std::string(100, 'x'), "c", "d"};
  const LoadBalancedView view(connection, {.chunk = 10});
  const auto sizes =
      view.map([](const std::string& text) { return static_cast<int>(text.size()); }, texts).get();
  CHECK(sizes == std::vector{1, 1, 100, 1, 1});
  CHECK(connection->chunks == Sizes{2, 1, 2});
}

TEST_CASE("a chunk for which there is no room waits whole, and nothing is lost") {
  const auto connection = fake(1us);
  connection->credit = 10;
  connection->when_waiting = [](Connection& self) {
    self.credit += 3;
    self.finish_all();
  };
  CHECK(LoadBalancedView(connection, {.chunk = 4}).map<twice>(numbers(30)).get() == doubled(30));
  CHECK(*std::max_element(connection->chunks.begin(), connection->chunks.end()) == 4);
}

TEST_CASE("cancel ends a chunk that was not submitted yet") {
  const auto connection = fake(1us);
  connection->credit = 4;
  const auto map = LoadBalancedView(connection, {.chunk = 4}).map<twice>(numbers(30));
  CHECK(map.progress().submitted == 8);
  map.cancel();
  connection->credit = 1000;
  connection->finish_all();
  CHECK_THROWS_AS(map.get(), muster::CompositeError);
  CHECK(connection->chunks == Sizes{4});
  CHECK(map.progress().done == 8);
}

TEST_CASE("a connection that ends while a chunk waits for room ends its items") {
  const auto connection = fake(1us);
  connection->credit = 4;
  const auto map = LoadBalancedView(connection, {.chunk = 4}).map<twice>(numbers(30));
  connection->lose();
  map.wait();
  CHECK_THROWS_AS(map.get(), muster::ConnectionLost);
  CHECK(map.progress().done == map.progress().submitted);
}
