#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>

#include <catch2/catch.hpp>

#include <muster/as.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/thunk.hpp>

#include "tests/unit/entry_twin.hpp"
#include "tests/unit/fake_context.hpp"

namespace {

using muster::Context;
using muster::detail::Buffer;
using muster::detail::Constant;
using muster::detail::Entry;
using muster::detail::List;
using muster::detail::Registration;
using muster::detail::Stateless;
using muster::detail::TaskTable;

double square(double x) {
  return x * x;
}
int quiet(int x) noexcept {
  return x + 1;
}
int over(int x) {
  return x + 10;
}
std::string over(const std::string& x) {
  return x + "!";
}
int twin(int x) {
  return 1000 + x;
}
int never_called(int x) {
  return x;
}
std::string describe(int before, Context& context, const std::string& after, std::stop_token stop) {
  return std::to_string(before) + after + std::to_string(context.engine()) +
         std::to_string(context.attempt()) + (stop.stop_requested() ? "stopped" : "going");
}

struct Add {
  int amount;
  int operator()(int x) const { return x + amount; }
};
struct Negate {
  int operator()(int x) const { return -x; }
};

/// Named here, never reached: the table must have it all the same.
[[maybe_unused]] const Entry& unreached() {
  return Registration<Constant<&never_called>>::entry();
}

template <class Result, class... Parameters, class... Arguments>
Result run(const Entry& entry, List<Parameters...> parameters, Arguments&&... arguments) {
  const Buffer body =
      muster::detail::encode_arguments(parameters, std::forward<Arguments>(arguments)...);
  muster::test::FakeContext context;
  Buffer result;
  entry.thunk(body.bytes(), context, result);
  return muster::detail::decode_result<Result>(result.bytes());
}

template <class Task, class... Arguments>
auto run(Arguments&&... arguments) {
  return run<muster::detail::ResultOf<Task>>(Registration<Task>::entry(),
                                             muster::detail::SentParametersOf<Task>{},
                                             std::forward<Arguments>(arguments)...);
}

template <class F>
const Entry& entry_of(F) {
  return Registration<Stateless<F>>::entry();
}

}  // namespace

namespace muster::test {

const detail::Entry& twin_in_entry_test() {
  return detail::Registration<detail::Constant<&twin>>::entry();
}

}  // namespace muster::test

TEST_CASE("a named function is in the table and its thunk calls it") {
  const Entry& entry = Registration<Constant<&square>>::entry();
  CHECK(TaskTable::instance().find(entry.name) == &entry);
  CHECK(run<double>(entry, List<double>{}, 3) == 9.0);
}

TEST_CASE("a function is in the table though the place that names it is never reached") {
  const std::string name = typeid(Constant<&never_called>).name();
  const Entry* entry = TaskTable::instance().find(name);
  REQUIRE(entry != nullptr);
  CHECK(run<int>(*entry, List<int>{}, 8) == 8);
}

TEST_CASE("f and &f are the same task") {
  CHECK(&Registration<Constant<square>>::entry() == &Registration<Constant<&square>>::entry());
}

TEST_CASE("two lambdas of the same signature in one function are two tasks") {
  const Entry& first = entry_of([](int x) { return x + 1; });
  const Entry& second = entry_of([](int x) { return x + 2; });
  CHECK(first.name != second.name);
  CHECK(run<int>(first, List<int>{}, 1) == 2);
  CHECK(run<int>(second, List<int>{}, 1) == 3);
}

TEST_CASE("overloads are told apart and chosen with as") {
  CHECK(run<Constant<muster::as<int(int)>(over)>>(1) == 11);
  CHECK(run<Constant<muster::as<std::string(const std::string&)>(over)>>("a") == "a!");
}

TEST_CASE("a generic lambda gets one signature with as") {
  const auto twice = muster::as<int(int)>([](auto x) { return x + x; });
  CHECK(run<Stateless<std::remove_const_t<decltype(twice)>>>(21) == 42);
}

TEST_CASE("noexcept functions, function objects and constants with values are tasks") {
  CHECK(run<Constant<&quiet>>(1) == 2);
  CHECK(run<Stateless<Negate>>(4) == -4);
  CHECK(run<Constant<Add{5}>>(1) == 6);
  CHECK(run<Constant<Add{7}>>(1) == 8);
  CHECK(run<Constant<[](int x) { return x * 3; }>>(2) == 6);
}

TEST_CASE("the same internal name in two translation units is two tasks") {
  const Entry& here = muster::test::twin_in_entry_test();
  const Entry& there = muster::test::twin_in_entry_twin_test();
  CHECK(here.name != there.name);
  CHECK((here.name.ends_with("#2") || there.name.ends_with("#2")));
  CHECK(run<int>(here, List<int>{}, 1) == 1001);
  CHECK(run<int>(there, List<int>{}, 1) == 2001);
}

TEST_CASE("the context and the stop token are supplied at any position and don't travel") {
  CHECK(run<Constant<&describe>>(7, "x") == "7x32going");
  STATIC_REQUIRE(muster::detail::SentParametersOf<Constant<&describe>>::size == 2);
}

TEST_CASE("what the function throws goes through its thunk") {
  const Entry& entry = entry_of([](int x) -> int { throw std::out_of_range(std::to_string(x)); });
  CHECK_THROWS_AS(run<int>(entry, List<int>{}, 1), std::out_of_range);
}

TEST_CASE("indices are dense and names are unique") {
  TaskTable table;
  muster::detail::Thunk first = [](std::span<const std::byte>, Context&, Buffer&) {};
  muster::detail::Thunk second = [](std::span<const std::byte>, Context&, Buffer& result) {
    result.clear();
  };
  CHECK(table.add("a", first).index == 0);
  CHECK(table.add("b", first).index == 1);
  CHECK(table.add("a", first).index == 0);
  CHECK(table.add("a", second).index == 2);
  CHECK(table.add("a", second).name == "a#2");
  CHECK(table.size() == 3);
  CHECK(table.find("c") == nullptr);
}
