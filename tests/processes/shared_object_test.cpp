// Large objects that tasks look up by a word (Pool::set_shared, ViewOptions::shared): who finds
// which, and what they take of a host's memory.

#include <fstream>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/patience.hpp"

using muster::Context;
using muster::test::bound;
using muster::test::Cluster;

namespace {

using Numbers = std::vector<double>;

struct Table {
  std::string name;
  Numbers numbers;
  MSGPACK_DEFINE(name, numbers)
};

double looked_up(Context& context, int index) {
  return context.shared<Numbers>("table")[static_cast<std::size_t>(index)];
}

std::string name_of_table(Context& context) {
  return context.shared<Table>("table").name;
}

double sum_of(std::span<const double> numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0.0);
}

int prepared = 0;

void prepare(Context& context) {
  prepared = static_cast<int>(context.shared<Numbers>("table").size());
}

/// What this process is charged with of memory that it shares with others, in bytes: a page that
/// four of them see counts a quarter for each.
std::uint64_t share_of_shared_memory() {
  std::ifstream file("/proc/self/smaps_rollup");
  std::string word;
  std::uint64_t kilobytes = 0;
  while (file >> word) {
    if (word == "Pss_Shmem:" && file >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

Numbers numbers_of(std::size_t megabytes) {
  Numbers numbers((megabytes << 20) / sizeof(double));
  std::iota(numbers.begin(), numbers.end(), 0.0);
  return numbers;
}

}  // namespace

TEST_CASE("a pool's shared objects are found by their words, in calls, maps and initializers") {
  muster::Pool pool(2, {.initializer = muster::fn<prepare>});
  pool.set_shared("table", Numbers{1, 2, 4});
  CHECK(pool.apply<looked_up>(2) == 4.0);
  CHECK(pool.map<looked_up>(std::vector{0, 1, 2}) == Numbers{1, 2, 4});
  CHECK(pool.apply([] { return prepared; }) == 3);

  // A call keeps what it was made with.
  const auto earlier = pool.map_async<looked_up>(std::vector<int>(1000, 1));
  pool.set_shared("table", Numbers{3, 5});
  CHECK(pool.apply<looked_up>(1) == 5.0);
  CHECK(earlier.get() == Numbers(1000, 2.0));

  pool.set_shared("table", Table{"other", {1}});
  CHECK(pool.apply<name_of_table>() == "other");
  CHECK_THROWS_WITH(pool.apply<looked_up>(0), Catch::Contains("was asked for as std::vector"));

  CHECK(pool.forget_shared("table"));
  CHECK_FALSE(pool.forget_shared("table"));
  CHECK_THROWS_WITH(pool.apply<name_of_table>(),
                    Catch::Contains("no shared object \"table\"") && Catch::Contains("set_shared"));
}

TEST_CASE("a word that a task doesn't know is answered with those that it knows") {
  muster::Pool pool(1);
  pool.set_shared("left", 1);
  pool.set_shared("right", 2);
  CHECK(pool.apply([](Context& context) {
    return context.shared<int>("left") + context.shared<int>("right");
  }) == 3);
  CHECK_THROWS_WITH(pool.apply([](Context& context) { return context.shared<int>("middle"); }),
                    Catch::Contains("\"middle\"") && Catch::Contains("there are: left, right"));
}

TEST_CASE("a shared object doesn't begin the numbers of a pool's calls anew") {
  const auto seed = [](Context& context) { return context.seed(); };
  muster::Pool pool(1);
  const auto first = pool.apply(seed);
  pool.set_shared("table", 1);
  CHECK(pool.apply(seed) != first);
}

TEST_CASE("views of a cluster have shared objects as well, each its own") {
  const Cluster cluster(2);
  const muster::Client client;
  const auto view = client.load_balanced_view({.shared = muster::shared("table", Numbers{7})});
  const auto other = view.with({.shared = muster::shared("table", Numbers{8}).with("more", 1)});
  CHECK(view.apply<looked_up>(0).get(bound) == 7.0);
  CHECK(other.apply<looked_up>(0).get(bound) == 8.0);
  const auto all = client.all().with({.shared = muster::shared("table", Numbers{9})});
  CHECK(all.apply<looked_up>(0).get(bound) == Numbers{9, 9});
}

TEST_CASE("a large shared object takes the memory of one host, not of each engine") {
  constexpr std::size_t megabytes = 64;
  muster::Pool pool(4);
  pool.set_shared("numbers", numbers_of(megabytes));
  const auto all = pool.client().all().with({.shared = pool.load_balanced_view().options().shared});
  const auto read_all = [](Context& context) { return sum_of(context.shared<Numbers>("numbers")); };
  const std::vector<double> sums = all.apply(read_all).get(bound);
  CHECK(sums == Numbers(4, sum_of(numbers_of(megabytes))));
  const auto measure = [](Context& context) {
    const double sum = sum_of(context.shared<Numbers>("numbers"));
    return sum > 0 ? share_of_shared_memory() : 0;
  };
  std::uint64_t bytes = 0;
  for (const std::uint64_t share : all.apply(measure).get(bound))
    bytes += share;
  CHECK(bytes > megabytes << 19);  // the node may have a share of it, too
  CHECK(bytes < (megabytes + 8) << 20);
}

TEST_CASE("an array that is passed by same() is seen where the node has put it") {
  muster::Pool pool(2);
  const auto numbers = muster::same(numbers_of(4));
  const auto own_memory_of_it = [](std::span<const double> numbers, int) {
    // In the body itself: behind it the last page of the mapping is whole.
    std::ifstream maps("/proc/self/maps");
    const auto place = reinterpret_cast<std::uintptr_t>(numbers.data());
    for (std::string line; std::getline(maps, line);) {
      std::size_t dash = 0;
      const std::uintptr_t begin = std::stoull(line, &dash, 16);
      const std::uintptr_t end = std::stoull(line.substr(dash + 1), nullptr, 16);
      if (place >= begin && place < end) return line.find("muster-value") != std::string::npos;
    }
    return false;
  };
  CHECK(pool.load_balanced_view().apply(own_memory_of_it, numbers, 1).get(bound));
}
