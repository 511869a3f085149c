// Maps whose items share tasks, on a real cluster of the test's own: this program's engines.

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <ranges>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/unit/endless.hpp"

using muster::test::Endless;

namespace {

int square(int n) {
  return n * n;
}

int poison_seventeen(int n) {
  if (n == 17) ::raise(SIGKILL);
  return n;
}

int refuse_multiples_of_ten(int n) {
  if (n % 10 == 0) throw std::out_of_range("ten");
  return n;
}

std::int64_t own_pid(int) {
  return ::getpid();
}

/// Writes into the pipe when it is the first.
int announce(std::string pipe, int n) {
  if (n == 0) std::ofstream(pipe) << "done\n";
  return n;
}

std::vector<int> numbers(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

}  // namespace

TEST_CASE("ten thousand quick items come back right and in order, however many share a task") {
  muster::Cluster cluster({.engines = 3});
  const std::vector<int> input = numbers(10'000);
  for (const std::size_t chunk : {0, 1, 64}) {
    int next = 0;
    for (const int value : cluster.load_balanced_view().with({.chunk = chunk}).map<square>(input)) {
      REQUIRE(value == next * next);
      ++next;
    }
    CHECK(next == 10'000);
  }
}

TEST_CASE("rule 18: of a chunk only the item that kills its engines fails") {
  muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view().with({.max_crashes = 2, .chunk = 64});
  auto map = view.map<poison_seventeen>(numbers(64));
  std::set<int> values;
  for (auto item = map.begin(); item != map.end(); ++item) {
    try {
      values.insert(*item);
    } catch (const muster::Quarantined& error) {
      CHECK(muster::item_of(error) == 17);
      CHECK(error.attempts().size() == 2);
    }
  }
  CHECK(values.size() == 63);
  CHECK_FALSE(values.contains(17));
}

TEST_CASE("the exceptions of a chunk's items are their own, and are retried alone") {
  muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view().with({.retries = 2, .chunk = 50});
  auto map = view.map<refuse_multiples_of_ten>(numbers(100));
  try {
    map.get();
    FAIL("it must throw");
  } catch (const muster::CompositeError& error) {
    REQUIRE(error.parts().size() == 10);
    for (std::size_t i = 0; i < 10; ++i)
      CHECK(error.parts()[i].index == 10 * i);
  }
}

TEST_CASE("a map has succeeded when all of its items have values, and says so when it has ended") {
  const muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  const auto good = view.map<square>(numbers(100));
  good.wait();
  CHECK(good.successful());
  const auto bad = view.map<refuse_multiples_of_ten>(numbers(100));
  bad.wait();
  CHECK_FALSE(bad.successful());
  int read = 0;
  const auto endless = view.map<square>(Endless(read));
  CHECK_THROWS_WITH(endless.successful(), Catch::Contains("has not ended"));
  endless.cancel();
}

TEST_CASE("an engine that is killed in the middle of a map costs no item") {
  muster::Cluster cluster({.engines = 3});
  auto map = cluster.load_balanced_view()
                 .with({.chunk = 100, .window = 1000})
                 .map<own_pid>(numbers(20'000));
  std::size_t taken = 0;
  for (const std::int64_t pid : map) {
    // Whoever ran this one; some of its items are started, some are not, some are under way.
    if (++taken % 5000 == 0) ::kill(static_cast<pid_t>(pid), SIGKILL);
  }
  CHECK(taken == 20'000);
}

TEST_CASE("endless input is read no further than the window, whatever a chunk is") {
  muster::Cluster cluster({.engines = 2});
  for (const std::size_t chunk : {0, 1, 64}) {
    int read = 0;
    auto map = cluster.load_balanced_view()
                   .with({.chunk = chunk, .window = 500})
                   .map<square>(Endless(read));
    CHECK(read > 0);
    CHECK(read <= 500);
    int next = 0;
    for (const int value : map) {
      REQUIRE(value == next * next);
      if (++next == 3000) break;
    }
    map.cancel();
    CHECK(read >= 3000);
  }
}

TEST_CASE("an item that was read doesn't wait for input that takes its time") {
  muster::Cluster cluster({.engines = 1});
  const std::filesystem::path pipe =
      std::filesystem::temp_directory_path() / ("muster-chunk-" + std::to_string(::getpid()));
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  // The second item can't be read before the first one has run.
  const auto items = numbers(2);
  const auto input = items | std::views::transform([&](int n) {
                       std::string line;
                       if (n == 1) std::getline(std::ifstream(pipe) >> std::ws, line);
                       return n;
                     });
  const std::vector<std::string> pipes(2, pipe.string());
  auto map = cluster.load_balanced_view().with({.chunk = 64}).map<announce>(pipes, input);
  CHECK(map.get() == items);
  std::filesystem::remove(pipe);
}
