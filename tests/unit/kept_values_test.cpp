// Which bound values a client keeps, and what it says of them.

#include "client/kept_values.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/error.hpp>

#include "protocol/limits.hpp"
#include "tests/unit/body_bytes.hpp"
#include "tests/unit/fake_controller.hpp"

namespace muster::client {
namespace {

using wire::FakeController;
using wire::Heard;
using wire::Kind;

constexpr std::size_t kilobyte = 1024;

detail::BoundValues value(std::uint32_t seed, std::size_t bytes = kilobyte) {
  return {detail::make_bound_value("type", wire::body_of(bytes, seed))};
}

/// A client's end of a link, and the controller that hears it.
struct Talk {
  FakeController controller;
  wire::Lane lane;

  Talk() {
    lane.open(1);
    controller.task.open(1);
  }
  std::vector<std::string> heard(Kind kind) {
    lane.take(0, false, [&](wire::Frame&& frame) { controller.hear_task(std::move(frame)); });
    std::vector<std::string> names;
    for (const Heard& record : controller.heard_of(kind))
      names.push_back(record.options);
    return names;
  }
};

}  // namespace

TEST_CASE("equal values of one type have one name, others have others") {
  const auto name = [](const char* type, std::uint32_t seed) {
    return detail::make_bound_value(type, wire::body_of(100, seed))->name;
  };
  CHECK(name("int", 1) == name("int", 1));
  CHECK(name("int", 1) != name("int", 2));
  CHECK(name("int", 1) != name("long", 1));
  CHECK(name("int", 1).size() == sizeof(wire::Digest::bytes));
}

TEST_CASE("rule 25: a client sends a value once on a link, and not what the controller has") {
  Talk talk;
  KeptValues values(1 << 20);
  const auto first = value(1);
  const auto second = value(2);
  values.use(first);
  values.say(first, talk.lane);
  values.say(first, talk.lane);
  CHECK(talk.heard(Kind::bind) == std::vector{first[0]->name});
  // The same value, made again.
  values.use(value(1));
  values.say(value(1), talk.lane);
  CHECK(talk.heard(Kind::bind).size() == 1);
  CHECK(values.bytes_said() == kilobyte);

  values.use(second);
  values.say(second, talk.lane);
  values.link_is_over();
  values.listed({first[0]->name}, talk.lane);
  values.say_used(talk.lane);
  CHECK(talk.heard(Kind::bind) == std::vector{first[0]->name, second[0]->name, second[0]->name});
}

TEST_CASE("rule 25: on a new link a client sends what open tasks name, and no more") {
  Talk talk;
  KeptValues values(1 << 20);
  values.use(value(1));
  values.use(value(2));
  values.say_used(talk.lane);
  values.release(value(1), &talk.lane);
  values.link_is_over();
  values.say_used(talk.lane);
  CHECK(talk.heard(Kind::bind).size() == 3);
  CHECK(talk.heard(Kind::bind).back() == value(2)[0]->name);
}

TEST_CASE("a value that isn't named any more is kept until there are too many") {
  Talk talk;
  const std::size_t each = kilobyte + wire::bound_value_overhead;
  KeptValues values(3 * each);
  for (std::uint32_t i = 1; i <= 3; ++i) {
    values.use(value(i));
    values.say(value(i), talk.lane);
    values.release(value(i), &talk.lane);
  }
  CHECK(values.bytes() == 3 * each);
  CHECK(talk.heard(Kind::unbind).empty());
  values.use(value(1));  // the second is now the one that was used longest ago
  values.release(value(1), &talk.lane);
  values.use(value(4));
  values.release(value(4), &talk.lane);
  CHECK(values.bytes() == 3 * each);
  CHECK(talk.heard(Kind::unbind) == std::vector{value(2)[0]->name});
  values.use(value(1));
  values.say(value(1), talk.lane);
  CHECK(talk.heard(Kind::bind).size() == 3);
}

TEST_CASE("arguments that the tasks of one call share are forgotten with the last of them") {
  Talk talk;
  KeptValues values(1 << 20);
  const detail::BoundValues shared{detail::make_shared_arguments(wire::body_of(kilobyte))};
  const detail::BoundValues others{detail::make_shared_arguments(wire::body_of(kilobyte))};
  CHECK(shared[0]->name != others[0]->name);
  for (int task = 0; task < 2; ++task) {
    values.use(shared);
    values.say(shared, talk.lane);
  }
  CHECK(talk.heard(Kind::bind) == std::vector{shared[0]->name});
  values.release(shared, &talk.lane);
  CHECK(talk.heard(Kind::unbind).empty());
  values.release(shared, &talk.lane);
  CHECK(talk.heard(Kind::unbind) == std::vector{shared[0]->name});
  CHECK(values.bytes() == 0);

  // Without a link the controller is told when it lists what it has.
  values.use(others);
  values.say(others, talk.lane);
  values.link_is_over();
  values.release(others, nullptr);
  values.listed({others[0]->name}, talk.lane);
  CHECK(talk.heard(Kind::unbind).back() == others[0]->name);
}

TEST_CASE("the value that was used last is kept however large it is, others are not beside it") {
  KeptValues values(10 * kilobyte);
  values.use(value(1));
  values.use(value(2, 100 * kilobyte));
  values.release(value(1), nullptr);
  values.release(value(2, 100 * kilobyte), nullptr);
  CHECK(values.bytes() == 100 * kilobyte + wire::bound_value_overhead);
}

TEST_CASE("a value that the controller has and the client doesn't is to be forgotten there") {
  Talk talk;
  KeptValues values(1 << 20);
  values.listed({value(1)[0]->name}, talk.lane);
  CHECK(talk.heard(Kind::unbind) == std::vector{value(1)[0]->name});
}

TEST_CASE("a call whose values would be too many beside those in use has no room, alone it has") {
  KeptValues values(10 * kilobyte);
  const auto large = value(1, 20 * kilobyte);
  CHECK(values.has_room(large));
  values.use(large);
  CHECK(values.has_room(large));  // it is there
  CHECK(values.has_room({}));
  CHECK_FALSE(values.has_room(value(2)));
  values.release(large, nullptr);
  CHECK(values.has_room(value(2)));
}

}  // namespace muster::client
