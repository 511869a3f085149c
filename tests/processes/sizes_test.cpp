// Maps and arguments of sizes that people try: nothing, a million, a gigabyte.

#include <ranges>
#include <span>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <sys/mman.h>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"

using namespace muster::test;

namespace {

int square(int value) {
  return value * value;
}

int behind_gate(int value, std::string gate, std::stop_token stop) {
  pass(gate, stop);
  return value;
}

std::size_t length_of(std::span<const double> numbers) {
  return numbers.size() + static_cast<std::size_t>(numbers.front() + numbers.back());
}

}  // namespace

TEST_CASE("a map over nothing has nothing, at once") {
  const Cluster cluster(0);  // nobody could run an item
  const muster::Client client;
  const auto view = client.load_balanced_view();
  CHECK(view.map<square>(std::vector<int>{}).get().empty());
  for (const int value : view.map<square>(std::vector<int>{}))
    FAIL("there is an item: " << value);
  for (const auto& [index, value] : view.map<square>(std::vector<int>{}).as_completed())
    FAIL("there is an item: " << index << ", " << value);
}

TEST_CASE("a map of a million items that is cancelled leaves the engines to others") {
  const Cluster cluster(2);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  const auto view = client.load_balanced_view();
  std::string path = gate.path();
  auto million = view.map<behind_gate>(std::views::iota(0, 1'000'000),
                                       std::vector<std::string>(1'000'000, path));
  million.cancel();
  CHECK(view.apply<square>(7).get(bound) == 49);
  CHECK_THROWS_AS(million.get(), muster::CompositeError);
  CHECK(cluster.status().at("queue").at("waiting") == 0);
  CHECK(million.progress().submitted < 10'000);
}

TEST_CASE("an argument of a gigabyte travels") {
  const Cluster cluster(1);
  const muster::Client client;
  const std::size_t count = (std::size_t{1} << 30) / sizeof(double);
  // Nobody has touched it, so here it takes no memory.
  void* memory = ::mmap(nullptr, count * sizeof(double), PROT_READ,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  const std::span<const double> numbers(static_cast<const double*>(memory), count);
  CHECK(client.load_balanced_view().apply<length_of>(numbers).get(6 * bound) == count);
  ::munmap(memory, count * sizeof(double));
}
