#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/detail/engine_targets.hpp>
#include <muster/error.hpp>

namespace muster::detail {
namespace {

using Ids = std::vector<int>;

// Engines 2 and 3 have left.
const Ids ids{0, 1, 4, 5, 6};

}  // namespace

TEST_CASE("an engine is named by its id, or from the end of the ids") {
  CHECK(engine_named(ids, 4) == 4);
  CHECK(engine_named(ids, -1) == 6);
  CHECK(engine_named(ids, -5) == 0);
  CHECK_THROWS_WITH(engine_named(ids, 2), "there is no engine 2: the cluster has 0, 1, 4, 5, 6");
  CHECK_THROWS_AS(engine_named(ids, -6), ClusterError);
  CHECK_THROWS_WITH(engine_named({}, 0), Catch::Contains("no engines"));
  Ids many(100);
  for (int i = 0; i < 100; ++i)
    many[static_cast<std::size_t>(i)] = i;
  CHECK_THROWS_WITH(engine_named(many, 100), Catch::EndsWith("0, 1, 2, 3, 4, 5, 6, ..., 99"));
}

TEST_CASE("a slice of the engines is what Python makes of a list of the ids") {
  constexpr int all = std::numeric_limits<int>::max();
  CHECK(engines_in_slice(ids, 0, all, 1) == ids);
  CHECK(engines_in_slice(ids, 1, 4, 2) == Ids{1, 5});
  CHECK(engines_in_slice(ids, -2, all, 1) == Ids{5, 6});
  CHECK(engines_in_slice(ids, 0, -1, 3) == Ids{0, 5});
  CHECK(engines_in_slice(ids, 3, 1, 1).empty());
  CHECK(engines_in_slice(ids, 9, all, 1).empty());
  CHECK(engines_in_slice(ids, -9, 2, 1) == Ids{0, 1});
  CHECK(engines_in_slice(ids, all, -all, -2) == Ids{6, 4, 0});
  CHECK_THROWS_AS(engines_in_slice(ids, 0, 1, 0), ClusterError);
}

}  // namespace muster::detail
