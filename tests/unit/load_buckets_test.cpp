// The order of engines by load, against a model that sorts.

#include "controller/load_buckets.hpp"

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

namespace muster::controller {
namespace {

std::vector<std::uint32_t> in_order(const LoadBuckets& buckets) {
  std::vector<std::uint32_t> engines;
  for (std::uint32_t engine = buckets.least(); engine != LoadBuckets::none;
       engine = buckets.after(engine))
    engines.push_back(engine);
  return engines;
}

using Engines = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("nothing is the least of nothing") {
  LoadBuckets buckets;
  CHECK(buckets.least() == LoadBuckets::none);
  CHECK(buckets.size() == 0);
  CHECK_FALSE(buckets.contains(3));
}

TEST_CASE("engines come by load, and equal ones in the order of their insertion") {
  LoadBuckets buckets;
  buckets.insert(7, 2);
  buckets.insert(3, 0);
  buckets.insert(5, 2);
  buckets.insert(1, 200);  // beyond the first word of bits
  buckets.insert(4, 0);
  CHECK(in_order(buckets) == Engines{3, 4, 7, 5, 1});
  buckets.remove(3);
  buckets.insert(3, 0);
  CHECK(in_order(buckets) == Engines{4, 3, 7, 5, 1});
  buckets.remove(4);
  buckets.remove(3);
  CHECK(buckets.least() == 7);
  CHECK_FALSE(buckets.contains(4));
}

TEST_CASE("any row of insertions and removals gives the order of a sorted list") {
  std::mt19937_64 random(1);
  struct Entry {
    std::uint32_t engine;
    std::uint32_t load;
  };
  std::vector<Entry> model;  // in the order of insertion
  LoadBuckets buckets;
  for (int round = 0; round < 5'000; ++round) {
    const auto engine = static_cast<std::uint32_t>(random() % 40);
    const auto place = std::find_if(model.begin(), model.end(),
                                    [&](const Entry& entry) { return entry.engine == engine; });
    REQUIRE(buckets.contains(engine) == (place != model.end()));
    if (place != model.end()) {
      model.erase(place);
      buckets.remove(engine);
    } else {
      const auto load = static_cast<std::uint32_t>(random() % 130);
      model.push_back({engine, load});
      buckets.insert(engine, load);
    }
    std::vector<Entry> sorted = model;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Entry& a, const Entry& b) { return a.load < b.load; });
    Engines expected;
    for (const Entry& entry : sorted)
      expected.push_back(entry.engine);
    REQUIRE(in_order(buckets) == expected);
    REQUIRE(buckets.size() == model.size());
  }
}

}  // namespace muster::controller
