// The bound values of an engine's process: decoded once, kept while somebody has them.

#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/detail/bound_store.hpp>
#include <muster/detail/engine_values.hpp>
#include <muster/error.hpp>
#include <muster/same.hpp>

namespace {

using muster::detail::BoundStore;
using muster::detail::Buffer;
using muster::detail::EngineValues;

template <class T>
std::string put(BoundStore& store, const T& value) {
  const auto made = muster::same(value).value();
  store.put(made->name, made, made->body.bytes());
  return made->name;
}

}  // namespace

TEST_CASE("rule 25: a bound value is decoded once, and lives until the task ends that has it") {
  BoundStore store;
  EngineValues values("on engine 0", &store);
  const std::string name = put(store, std::vector{1.0, 2.0});
  const auto& first = values.bound<std::vector<double>>(name);
  CHECK(first == std::vector{1.0, 2.0});
  put(store, std::vector{1.0, 2.0});
  CHECK(&values.bound<std::vector<double>>(name) == &first);
  const std::weak_ptr<const std::vector<double>> object = store.get<std::vector<double>>(name);
  store.forget(name);
  CHECK_FALSE(store.has(name));
  CHECK_FALSE(object.expired());
  values.end_task();
  CHECK(object.expired());
}

TEST_CASE("a bound value that isn't here sends the task elsewhere, a damaged one is its error") {
  BoundStore store;
  CHECK_THROWS_AS(store.get<int>("gone"), muster::UnmetDependency);
  store.put("damaged", nullptr, {}, "it arrived damaged");
  CHECK_THROWS_WITH(store.get<int>("damaged"),
                    "a bound value of the task didn't arrive: it arrived damaged");
  CHECK(store.held().empty());
  const auto five = muster::same(5).value();
  store.put("damaged", five, five->body.bytes());
  CHECK(*store.get<int>("damaged") == 5);
}

TEST_CASE("a bound value that can't be decoded is an error each time that it is asked for") {
  BoundStore store;
  const std::string name = put(store, std::string("text"));
  CHECK_THROWS_AS(store.get<int>(name), muster::ClusterError);
  CHECK(*store.get<std::string>(name) == "text");
  CHECK_THROWS_AS(store.get<int>(name), muster::WrongType);
  const auto held = store.held();
  REQUIRE(held.size() == 1);
  CHECK(held[0].name == name);
  CHECK(held[0].bytes == muster::same("text").size());
}
