// What an engine has and a task needs.

#include "protocol/resources.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using Catch::Contains;

namespace muster::wire {

TEST_CASE("an engine covers needs of which it has as much or more") {
  const Resources engine({"gpu=2", "bigmem"});
  CHECK(engine.cover(Resources{}));
  CHECK(engine.cover(Resources({"gpu"})));
  CHECK(engine.cover(Resources({"gpu=2", "bigmem=1"})));
  CHECK_FALSE(engine.cover(Resources({"gpu=3"})));
  CHECK_FALSE(engine.cover(Resources({"gpu", "scratch"})));
  CHECK_FALSE(Resources{}.cover(Resources({"gpu"})));
}

TEST_CASE("resources are written as they are read, in one order") {
  const Resources some = Resources::listed("gpu=2,bigmem=1");
  CHECK(some.list() == "bigmem,gpu=2");
  CHECK(some == Resources({"bigmem", "gpu=2"}));
  CHECK(some == Resources(some.words()));
  CHECK(Resources::listed("").empty());
}

TEST_CASE("words that are no resources are refused, and named") {
  const auto refused = [](const std::string& list, const std::string& why) {
    CHECK_THROWS_WITH(Resources::listed(list), Contains("is no resource") && Contains(why));
  };
  refused("gpu=0", "whole number");
  refused("gpu=-1", "whole number");
  refused("gpu=1.5", "whole number");
  refused("gpu=", "whole number");
  refused("gpu=99999999999999999999", "whole number");
  refused("=1", "a name is");
  refused("gpu,", "a name is");
  refused("two words", "'two words'");
  refused(std::string(65, 'x'), "a name is");
  refused("gpu,gpu=2", "twice");
  std::string many = "r";
  for (int n = 0; n < 32; ++n)
    many += ",r" + std::to_string(n);
  refused(many, "more than 32");
}

}  // namespace muster::wire
