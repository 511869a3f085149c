// The engine's session by lists of events: values that tasks name, and arguments that they share
// (rule 25).

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/detail/bound_value.hpp>

#include "protocol/limits.hpp"
#include "tests/unit/body_bytes.hpp"
#include "tests/unit/engine_conversation.hpp"

namespace muster::engine {

using namespace std::chrono_literals;
using wire::Header;
using wire::Kind;

TEST_CASE(
    "rule 25: a task whose value streams is parked, stands in nobody's way and can be given back") {
  EngineConversation talk;
  const detail::BoundValuePtr value =
      detail::make_bound_value("type", wire::body_of(6 * wire::chunk_bytes_max));
  const auto stream = talk.controller.task.append_streaming(
      Header{.kind = Kind::bind}, wire::bytes_of(value->name),
      wire::make_large_body(detail::Buffer::copy_of(value->body.bytes())));
  wire::TaskOptions options;
  options.values = value->name;
  for (std::uint64_t counter = 1; counter <= 3; ++counter)
    talk.dispatch_with(counter, options);
  talk.dispatch(4, 14);
  talk.exchange();
  REQUIRE(talk.engine.queued() == 1);
  CHECK(talk.engine.start_next(talk.now)->counter == 4);
  talk.order_cancel(2, 12, talk.controller.task.sent());
  talk.order_recall({13}, talk.controller.task.sent());
  talk.exchange();
  talk.exchange();
  CHECK(talk.controller.heard_of(Kind::returned).size() == 2);
  talk.finish();
  talk.dispatch(5, 15);
  for (int i = 0; i < 6; ++i)
    talk.exchange(true);
  CHECK(talk.engine.values().has(value->name));
  REQUIRE(talk.engine.queued() == 2);
  CHECK(talk.engine.start_next(talk.now)->counter == 1);  // at its place
  talk.finish();
  CHECK(talk.engine.start_next(talk.now)->counter == 5);
  talk.finish();

  // On a new link the process says what it has.
  talk.now += 6s;
  talk.engine.tick(talk.now);
  talk.controller.heard.clear();
  talk.open(2);
  talk.exchange();
  const auto inventory = wire::unpack<wire::Inventory>(
      wire::bytes_of(talk.controller.heard_of(Kind::inventory)[0].body));
  CHECK(inventory->values == std::vector{value->name});
  CHECK(inventory->value_bytes == std::vector<std::uint64_t>{value->body.size()});
  talk.controller.task.append(Header{.kind = Kind::unbind}, wire::bytes_of(value->name), {});
  talk.exchange();
  CHECK_FALSE(talk.engine.values().has(value->name));
}

TEST_CASE(
    "a task whose arguments are a bound value gets its bytes, or is told why there are none") {
  EngineConversation talk;
  const detail::BoundValuePtr shared = detail::make_shared_arguments(wire::body_of(3000));
  wire::TaskOptions options;
  options.values = options.arguments = shared->name;
  talk.controller.task.append(Header{.kind = Kind::bind}, wire::bytes_of(shared->name),
                              shared->body.bytes());
  talk.dispatch_with(1, options);
  talk.dispatch_with(2, options);
  talk.controller.task.append(Header{.kind = Kind::unbind}, wire::bytes_of(shared->name), {});
  talk.exchange();
  // What was forgotten while a task still waited isn't there; nobody sends it again on this link.
  const auto late = talk.engine.start_next(talk.now);
  CHECK(late->arguments.empty());
  CHECK(late->fault == std::string("they aren't in this engine's process any more"));
  talk.finish();
  talk.controller.task.append(Header{.kind = Kind::bind}, wire::bytes_of(shared->name),
                              shared->body.bytes());
  talk.exchange();
  const auto job = talk.engine.start_next(talk.now);
  CHECK(job->fault == nullptr);
  // The bytes outlive their name, as long as the task runs.
  talk.controller.task.append(Header{.kind = Kind::unbind}, wire::bytes_of(shared->name), {});
  talk.exchange();
  CHECK(wire::text_of(job->arguments) == wire::text_of(shared->body.bytes()));
  talk.finish();
}

TEST_CASE(
    "rule 25: a value that the node hands over may come before the word of it, and too late") {
  EngineConversation talk;
  const detail::BoundValuePtr value = detail::make_bound_value("type", wire::body_of(3000));
  const auto handed = [&](std::uint64_t number) {
    return HandedValue{talk.engine.link(), number, value->name, {value, value->body.bytes()}};
  };
  const auto announce = [&](std::uint64_t number) {
    talk.controller.task.append(
        Header{.kind = Kind::bind, .flags = wire::bind_from_node, .counter = number},
        wire::bytes_of(value->name), {});
  };
  wire::TaskOptions options;
  options.values = value->name;
  announce(5);
  talk.dispatch_with(1, options);
  talk.exchange();
  CHECK(talk.engine.queued() == 0);
  talk.engine.take_from_node(handed(5));
  REQUIRE(talk.engine.queued() == 1);
  talk.engine.start_next(talk.now);
  talk.finish();

  // Forgotten, and announced again: the node was quicker.
  talk.controller.task.append(Header{.kind = Kind::unbind}, wire::bytes_of(value->name), {});
  talk.exchange();
  talk.engine.take_from_node(handed(6));
  CHECK_FALSE(talk.engine.values().has(value->name));
  announce(6);
  talk.dispatch_with(2, options);
  talk.exchange();
  REQUIRE(talk.engine.queued() == 1);
  talk.engine.start_next(talk.now);
  talk.finish();

  // Forgotten before the node's word: that keeps nothing here.
  talk.controller.task.append(Header{.kind = Kind::unbind}, wire::bytes_of(value->name), {});
  announce(7);
  talk.controller.task.append(Header{.kind = Kind::unbind}, wire::bytes_of(value->name), {});
  talk.exchange();
  talk.engine.take_from_node(handed(7));
  CHECK_FALSE(talk.engine.values().has(value->name));

  // Of an earlier link: it would stay here, and nobody would know.
  HandedValue earlier = handed(9);
  ++earlier.link;
  talk.engine.take_from_node(std::move(earlier));
  announce(9);
  talk.exchange();
  CHECK_FALSE(talk.engine.values().has(value->name));

  // This process couldn't take it, says so, and waits for the controller to send it.
  talk.engine.take_from_node({talk.engine.link(), 9, value->name, {}});
  talk.exchange();
  CHECK(talk.controller.heard_of(Kind::unbind).size() == 1);
  announce(10);
  talk.dispatch_with(3, options);
  talk.controller.task.append(Header{.kind = Kind::bind}, wire::bytes_of(value->name),
                              value->body.bytes());
  talk.exchange();
  CHECK(talk.engine.queued() == 1);
}

}  // namespace muster::engine
