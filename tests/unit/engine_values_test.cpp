#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/detail/engine_values.hpp>
#include <muster/error.hpp>

#include "protocol/type_name.hpp"

namespace {

using muster::detail::EngineValues;

}  // namespace

TEST_CASE("a value that was replaced or forgotten lives until the task ends that did it") {
  EngineValues values("on engine 3");
  const auto alive = std::make_shared<int>(1);
  values.put("a", alive);
  values.put("b", alive);
  REQUIRE(alive.use_count() == 3);
  values.put("a", 2);
  values.forget("b");
  values.forget("c");
  CHECK(alive.use_count() == 3);
  CHECK(values.get<int>("a") == 2);
  CHECK_FALSE(values.has("b"));
  values.end_task();
  CHECK(alive.use_count() == 1);
  values.forget_all();
  CHECK_FALSE(values.has("a"));
}

TEST_CASE("types are named as a person would write them") {
  CHECK(muster::wire::type_name(typeid(std::vector<std::vector<double>>)) ==
        "std::vector<std::vector<double>>");
  CHECK(muster::wire::type_name(typeid(std::vector<std::string>)) == "std::vector<std::string>");
  CHECK(muster::wire::type_name(typeid(int)) == "int");
}
