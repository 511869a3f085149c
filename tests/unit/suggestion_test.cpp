#include "protocol/suggestion.hpp"

#include <array>
#include <string>

#include <catch2/catch.hpp>

using muster::wire::edit_distance;
using muster::wire::nearest;

TEST_CASE("the edit distance counts insertions, removals, replacements and swaps") {
  CHECK(edit_distance("start", "start") == 0);
  CHECK(edit_distance("strat", "start") == 1);
  CHECK(edit_distance("stop", "stops") == 1);
  CHECK(edit_distance("list", "lost") == 1);
  CHECK(edit_distance("", "abc") == 3);
}

TEST_CASE("a mistyped word is met by the nearest known one, an unlike word by none") {
  const std::array<std::string, 3> known{"start", "stop", "status"};
  CHECK(nearest("strat", known) == "start");
  CHECK(nearest("statsu", known) == "status");
  CHECK(nearest("frobnicate", known).empty());
}
