// Bound values at the controller: what sessions have, and what processes were given.

#include "controller/bound_values.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "controller/host_values.hpp"
#include "tests/unit/body_bytes.hpp"

namespace muster::controller {
namespace {

using Names = std::vector<std::string>;

wire::LargeBodyPtr body(std::size_t bytes) {
  return wire::make_large_body(wire::body_of(bytes));
}

constexpr std::size_t overhead = wire::bound_value_overhead;

}  // namespace

TEST_CASE("rule 25: tasks that name a value wait until it is whole, each once") {
  SessionValues values;
  CHECK_FALSE(values.expects("a"));
  CHECK(values.expect("a"));
  CHECK(values.expect("a"));  // a new link: it begins again
  CHECK(values.any_missing());
  CHECK(values.find("a") == nullptr);
  values.wait_for("a", {5, 2});
  values.wait_for("a", {9, 1});
  const auto waited = values.put("a", body(10));
  REQUIRE(waited.size() == 2);
  CHECK(waited[0].first == 5);
  CHECK(waited[1].count == 1);
  CHECK(values.find("a") != nullptr);
  CHECK_FALSE(values.any_missing());
  CHECK_FALSE(values.expect("a"));
  CHECK(values.put("a", body(10)).empty());
  CHECK(values.bytes() == 10 + overhead);
  CHECK(values.names() == Names{"a"});
}

TEST_CASE("a value that was forgotten on its way isn't kept when it arrives") {
  SessionValues values;
  values.expect("a");
  values.forget("a");
  values.forget("b");
  CHECK_FALSE(values.any_missing());
  CHECK(values.put("a", body(10)).empty());
  CHECK(values.empty());
  CHECK(values.bytes() == 0);
}

TEST_CASE("a value that is lent stays until the task has ended that needs it") {
  SessionValues values;
  CHECK(values.lend("a"));
  CHECK(values.put("a", body(10)).empty());
  CHECK(values.names().empty());  // its client sends it all the same
  CHECK_FALSE(values.expect("a"));
  CHECK(values.names() == Names{"a"});
  values.forget("a");
  CHECK(values.find("a") != nullptr);
  CHECK_FALSE(values.lend("a"));
  values.give_back("a");
  CHECK(values.find("a") != nullptr);
  values.give_back("a");
  values.give_back("a");
  CHECK(values.empty());
  CHECK(values.bytes() == 0);
  CHECK_FALSE(values.any_missing());

  CHECK(values.expect("b"));
  values.wait_for("b", {5, 2});
  CHECK(values.lend("b"));
  CHECK(values.put("b", body(10)).size() == 1);
  values.give_back("b");
  CHECK(values.find("b") != nullptr);
  values.forget("b");
  CHECK(values.empty());
}

TEST_CASE("a process that has too much forgets what was used longest ago and isn't needed") {
  HeldValues values;
  for (const char* name : {"a", "b", "c", "d"}) {
    CHECK_FALSE(values.use(name));
    values.add(name, 1000 - overhead, nullptr);
  }
  values.add("a", 1000 - overhead, nullptr);
  CHECK(values.bytes() == 4000);
  CHECK(values.use("a"));
  const auto is_b = [](std::string_view name) { return name == "b"; };
  CHECK(values.forget_beyond(4000, is_b).empty());
  CHECK(values.forget_beyond(3999, is_b) == Names{"c"});
  CHECK(values.forget_beyond(2999, is_b) == Names{"d"});
  CHECK(values.use("b"));
  CHECK(values.forget_unless(is_b) == Names{"a"});
  CHECK(values.bytes() == 1000);
  CHECK_FALSE(values.use("a"));
}

TEST_CASE(
    "rule 25: what a node was to hand over when its link ended goes to the processes themselves") {
  HostValues values;
  CHECK(values.give(1, {7, "a", body(10)}));
  CHECK_FALSE(values.give(2, {8, "a", body(10)}));
  CHECK(values.give(3, {7, "b", body(20)}));
  CHECK(values.on_its_way("b")->size() == 20);
  CHECK(values.answered(2)->process == 8);
  CHECK_FALSE(values.answered(2));
  CHECK(values.on_its_way("a"));

  const auto lost = values.end_link();
  REQUIRE(lost.size() == 2);
  CHECK(lost.at(1).name == "a");
  CHECK(lost.at(3).process == 7);
  CHECK_FALSE(values.answered(1));
  CHECK(values.give(4, {7, "a", body(10)}));  // the node begins anew
}

TEST_CASE("rule 25: a node keeps what is on its way, and of the rest what clients have") {
  constexpr std::size_t cost = (std::size_t{8} << 20) + overhead;  // of an open file
  HostValues values;
  values.give(1, {7, "a", body(10)});
  values.give(2, {7, "b", body(20)});
  values.give(3, {7, "c", body(30)});
  values.answered(1);
  values.answered(2);
  const auto is_b = [](std::string_view name) { return name == "b"; };
  CHECK(values.forget_unless(is_b) == Names{"a"});
  values.answered(3);
  CHECK(values.forget_beyond(2 * cost - 1) == Names{"b"});
  CHECK(values.forget_unless([](std::string_view) { return false; }) == Names{"c"});
  CHECK(values.empty());
}

}  // namespace muster::controller
