// A cluster of the program's own: this test program, whose engines are itself, started again.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/patience.hpp"

namespace {

using namespace std::chrono_literals;

int square(int n) {
  return n * n;
}

int refuse_seven(int n) {
  if (n == 7) throw std::out_of_range("seven");
  return n;
}

std::int64_t own_pid() {
  return ::getpid();
}

/// True when nobody has this process id any more, or will within a generous bound.
bool ends(std::int64_t pid) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (::kill(static_cast<pid_t>(pid), 0) == 0) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace

TEST_CASE("a program starts its own engines and they run its functions and lambdas") {
  muster::Cluster cluster({.engines = 2});
  auto view = cluster.load_balanced_view();
  CHECK(view.apply<square>(12).get() == 144);
  CHECK(view.apply([](std::string a, std::string b) { return a + b; }, "lamb", "da").get() ==
        "lambda");
}

TEST_CASE("a map gives its results in the order of its input, whoever is faster") {
  muster::Cluster cluster({.engines = 3});
  std::vector<int> input(2000);
  std::iota(input.begin(), input.end(), 0);
  int next = 0;
  for (const int result : cluster.load_balanced_view().map<square>(input)) {
    REQUIRE(result == next * next);
    ++next;
  }
  CHECK(next == 2000);
}

TEST_CASE("a map as completed gives each item once, with its index") {
  muster::Cluster cluster({.engines = 3});
  const std::vector<int> input{5, 4, 3, 2, 1, 0};
  std::map<std::size_t, int> seen;
  for (auto [index, value] : cluster.load_balanced_view().map<square>(input).as_completed()) {
    CHECK(seen.emplace(index, value).second);
  }
  REQUIRE(seen.size() == input.size());
  for (const auto& [index, value] : seen)
    CHECK(value == input[index] * input[index]);
}

TEST_CASE("an item of a map that throws keeps its index, and the others have their values") {
  muster::Cluster cluster({.engines = 2});
  std::vector<int> input(10);
  std::iota(input.begin(), input.end(), 0);
  auto map = cluster.load_balanced_view().map<refuse_seven>(input);
  int values = 0;
  for (auto it = map.begin(); it != map.end(); ++it) {
    try {
      static_cast<void>(*it);
      ++values;
    } catch (const muster::TaskError& error) {
      CHECK(std::string(error.what()).find("item 7") != std::string::npos);
      CHECK_THROWS_AS(std::rethrow_if_nested(error), std::out_of_range);
    }
  }
  CHECK(values == 9);
}

TEST_CASE("the engines of a cluster end with it") {
  std::set<std::int64_t> pids;
  {
    muster::Cluster cluster({.engines = 2});
    auto view = cluster.load_balanced_view();
    for (int i = 0; i < 20; ++i)
      pids.insert(view.apply<own_pid>().get());
  }
  CHECK(pids.count(::getpid()) == 0);
  for (const std::int64_t pid : pids)
    CHECK(ends(pid));
}

TEST_CASE("a cluster that is destroyed takes its open tasks with it") {
  std::unique_ptr<muster::AsyncResult<void>> result;
  {
    muster::Cluster cluster({.engines = 1});
    result = std::make_unique<muster::AsyncResult<void>>(
        cluster.load_balanced_view().apply([](muster::Context& context) {
          while (!context.stop().stop_requested())
            std::this_thread::sleep_for(1ms);
        }));
  }
  CHECK_THROWS_AS(result->get(), muster::ConnectionLost);
}

TEST_CASE("options that can't be meant are refused") {
  CHECK_THROWS_AS(muster::Cluster({.engines = -1}), muster::ClusterError);
  CHECK_THROWS_AS(muster::Cluster({.engines = 1, .hwm = -1}), muster::ClusterError);
}

TEST_CASE("a program can shut engines of its own cluster down, and then the cluster") {
  muster::Cluster cluster({.engines = 2});
  const muster::Client& client = cluster.client();
  const auto view = client.load_balanced_view();
  client.shutdown({0});
  CHECK(client.ids() == std::vector{1});
  CHECK(view.apply<square>(4).get(muster::test::bound) == 16);
  client.shutdown(muster::Hub::ends);
  CHECK_THROWS_AS(view.apply<square>(4).get(muster::test::bound), muster::ConnectionLost);
}
