#include "launcher/named_engines.hpp"

#include <vector>

#include <catch2/catch.hpp>

#include <muster/error.hpp>

using Catch::Contains;
using muster::launcher::engines_in_words;
using muster::launcher::names_engines;
using Engines = std::vector<int>;

TEST_CASE("engines are named by numbers and by slices, in their order and each once") {
  const Engines ids{0, 1, 2, 5, 6};
  CHECK(engines_in_words("0", ids) == Engines{0});
  CHECK(engines_in_words("5,0", ids) == Engines{5, 0});
  CHECK(engines_in_words("-1", ids) == Engines{6});
  CHECK(engines_in_words("0,2:5", ids) == Engines{0, 2, 5, 6});
  CHECK(engines_in_words(":2", ids) == Engines{0, 1});
  CHECK(engines_in_words("3:", ids) == Engines{5, 6});
  CHECK(engines_in_words("::2", ids) == Engines{0, 2, 6});
  CHECK(engines_in_words("::-1", ids) == Engines{6, 5, 2, 1, 0});
  CHECK(engines_in_words("1,0:3,1", ids) == Engines{1, 0, 2});
}

TEST_CASE("words that name no engines are refused, and it is said what is wrong with them") {
  const Engines ids{0, 1, 2};
  for (const char* text : {"", "a", "1,", "1;2", "1:2:3:4", "0x1", "1 2", "99999999999"}) {
    CHECK_THROWS_WITH(engines_in_words(text, ids), Contains("names no engines"));
    CHECK_FALSE(names_engines(text));
  }
  for (const char* text : {"7", "-1", "0,2:5", "5:", "::-1", ":", "::0"})
    CHECK(names_engines(text));
  CHECK_THROWS_WITH(engines_in_words("7", ids), Contains("there is no engine 7"));
  CHECK_THROWS_WITH(engines_in_words("5:", ids), Contains("none of the engines that are there"));
  CHECK_THROWS_WITH(engines_in_words("::0", ids), Contains("step"));
}
