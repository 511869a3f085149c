// Controllers that are started again, by lists of events: what is waited for, what peers say to one
// that knows nothing (rules 7, 17 and 27), and when the launcher gives up.

#include "controller/recovery.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <catch2/catch.hpp>

#include "client/session.hpp"
#include "controller/unclaimed.hpp"
#include "engine/session.hpp"
#include "launcher/node_session.hpp"
#include "launcher/restart_policy.hpp"
#include "protocol/limits.hpp"
#include "tests/unit/body_bytes.hpp"
#include "tests/unit/fake_controller.hpp"

namespace muster {
namespace {

using namespace std::chrono_literals;
using controller::Recovery;
using controller::Unclaimed;
using wire::FakeController;
using wire::Header;
using wire::Instant;
using wire::Kind;

const Instant start = Instant{} + 1h;
const std::string session_name(16, 's');
const std::string image_name(32, 'i');

struct Engine {
  FakeController controller;
  engine::Session session{{}, start};

  Engine() { open(1); }
  void open(std::uint64_t link) {
    exchange();
    session.receive_control(controller.welcome(link).bytes(), start);
    controller.task.append(Header{.kind = Kind::declare_session, .session = 4}, {},
                           wire::bytes_of(session_name));
    const detail::Buffer code = wire::pack(wire::Code{image_name, "entry"});
    controller.task.append(Header{.kind = Kind::declare_code, .code = 6}, {}, code.bytes());
    exchange();
  }
  void exchange() {
    for (const wire::Frame& frame : FakeController::frames(controller.task, true))
      session.receive_task(frame.records.bytes(), frame.chunk, start);
    session.take([&](wire::Frame&& frame) { controller.hear_control(std::move(frame)); },
                 [&](wire::Frame&& frame) { controller.hear_task(std::move(frame)); }, start);
  }
  void dispatch(std::uint64_t counter, std::uint64_t attempt, std::int64_t target = -1) {
    wire::TaskOptions options;
    options.target = target;
    const detail::Buffer block = wire::pack(options);
    controller.task.append(Header{.kind = Kind::dispatch,
                                  .starts = 2,
                                  .attempt = attempt,
                                  .session = 4,
                                  .counter = counter,
                                  .code = 6},
                           block.bytes());
    exchange();
  }
  wire::Inventory inventory_on_new_link() {
    session.receive_control(stale().bytes(), start);
    controller.heard.clear();
    open(controller.control.link() + 1);
    return *wire::unpack<wire::Inventory>(
        wire::bytes_of(controller.heard_of(Kind::inventory).back().body));
  }
  detail::Buffer stale() const {
    detail::Buffer frame = wire::begin_message();
    wire::append_record(frame, Header{.kind = Kind::stale, .attempt = controller.control.link()},
                        {}, {});
    wire::seal_message(frame, wire::Envelope{});
    return frame;
  }
};

launcher::NodeSession::Config node_of_two() {
  launcher::NodeSession::Config config;
  config.slots = 2;
  return config;
}

struct Node {
  FakeController controller;
  launcher::NodeSession session{node_of_two(), start};

  void say() {
    for (detail::Buffer& frame : session.take_frames())
      controller.hear_control(wire::Frame(std::move(frame)));
  }
  void open(std::uint64_t link, std::uint32_t epoch, Instant now = start) {
    say();
    wire::Welcome answer;
    answer.engines = {0, 1};
    answer.epoch = epoch;
    session.receive(controller.welcome(link, answer).bytes(), now);
    say();
  }
  void order_fill(std::uint32_t engine, std::uint32_t incarnation) {
    const detail::Buffer body = wire::pack(wire::Fill{engine, image_name, incarnation});
    controller.control.append(Header{.kind = Kind::fill}, {}, body.bytes());
    for (const wire::Frame& frame : FakeController::frames(controller.control))
      session.receive(frame.records.bytes(), start);
  }
};

}  // namespace

TEST_CASE("rule 7: a recovery ends when every node and process of the last set is back") {
  const wire::Uuid node = wire::Uuid::random();
  Recovery recovery(start + wire::recovery_wait, true);
  recovery.await(node);
  CHECK_FALSE(recovery.ends(start));
  recovery.await(controller::ProcessRef{7});
  recovery.is_back(node);
  CHECK(recovery.awaits(7));
  CHECK_FALSE(recovery.ends(start + 1s));
  recovery.is_back(controller::ProcessRef{7});
  CHECK(recovery.ends(start + 2s));
  CHECK(recovery.over());
  CHECK_FALSE(recovery.ends(start + 3s));  // said once
}

TEST_CASE("rule 7: a recovery ends after 15 s, and no sooner when nobody knows who may come") {
  Recovery recovery(start + wire::recovery_wait, false);
  CHECK_FALSE(recovery.ends(start + 14s));
  recovery.forgive(5s);  // the controller itself was stopped
  CHECK_FALSE(recovery.ends(start + 19s));
  CHECK(recovery.ends(start + 20s));
  CHECK(Recovery().over());
}

TEST_CASE("what a process has ended of a run that waits for its client is held no longer") {
  Unclaimed unclaimed;
  const wire::Uuid session = wire::Uuid::random();
  unclaimed.of(session).held.push_back({.process = 1, .counter = 10, .count = 5, .attempt = 3});
  unclaimed.forget_item(session, 1, 12, 3);
  unclaimed.forget_item(session, 1, 10, 4);  // another attempt
  const auto& held = unclaimed.of(session).held;
  REQUIRE(held.size() == 2);
  CHECK((held[0].counter == 10 && held[0].count == 2));
  CHECK((held[1].counter == 13 && held[1].count == 2));
  CHECK(unclaimed.has_held_by(1));
  unclaimed.forget_held_by(1);
  CHECK_FALSE(unclaimed.has_held_by(1));
}

TEST_CASE("rule 7: an engine says which start each attempt is, and what it executes") {
  Engine engine;
  engine.dispatch(1, 5);
  engine.dispatch(2, 6);
  REQUIRE(engine.session.start_next(start));
  const wire::Inventory inventory = engine.inventory_on_new_link();
  CHECK(inventory.first == std::vector<std::uint64_t>{1, 2});
  CHECK(inventory.attempts == std::vector<std::uint64_t>{5, 6});
  CHECK(inventory.starts == std::vector<std::uint32_t>{2, 2});
  CHECK(inventory.executing);
}

TEST_CASE("rule 17: an engine remembers what was addressed to it and has begun, up to a bound") {
  Engine engine;
  const std::uint64_t count = wire::begun_remembered_max + 3;
  for (std::uint64_t counter = 1; counter <= count; ++counter) {
    engine.dispatch(counter, counter, 0);
    REQUIRE(engine.session.start_next(start));
    engine.session.finish(wire::OutcomeKind::value, {}, start);
    engine.exchange();
  }
  engine.dispatch(count + 1, count + 1);  // to any engine
  REQUIRE(engine.session.start_next(start));
  wire::Inventory all;
  engine.inventory_on_new_link();
  for (const wire::Heard& heard : engine.controller.heard_of(Kind::inventory)) {
    const auto part = wire::unpack<wire::Inventory>(wire::bytes_of(heard.body));
    all.begun.insert(all.begun.end(), part->begun.begin(), part->begun.end());
    all.begun_forgotten = std::max(all.begun_forgotten, part->begun_forgotten);
  }
  CHECK(all.begun.size() == wire::begun_remembered_max);
  CHECK(all.begun.back() == count);
  CHECK(all.begun_forgotten == 4);
}

TEST_CASE("rule 27: an engine without a controller keeps outcomes up to a bound") {
  Engine engine;
  constexpr std::size_t bytes = wire::inline_body_max;
  const std::size_t enough = wire::kept_outcomes_max / bytes + 1;
  for (std::size_t i = 1; i <= enough + 10; ++i)
    engine.dispatch(i, i);
  engine.session.receive_control(engine.stale().bytes(), start);  // and nobody answers its HELLO
  const detail::Buffer body = wire::body_of(bytes);
  std::size_t run = 0;
  while (engine.session.start_next(start)) {
    engine.session.finish(wire::OutcomeKind::value, body.bytes(), start);
    ++run;
  }
  CHECK(run <= enough);
  CHECK(run > enough * 9 / 10);
  CHECK(engine.session.queued() > 0);
}

TEST_CASE("rule 19: a task whose arguments stream has its run limit") {
  Engine engine;
  wire::TaskOptions options;
  options.run_ns = std::chrono::nanoseconds(1s).count();
  const detail::Buffer block = wire::pack(options);
  const auto stream = engine.controller.task.append_streaming(
      Header{.kind = Kind::dispatch, .attempt = 1, .session = 4, .counter = 1, .code = 6},
      block.bytes(), wire::make_large_body(wire::body_of(2 * wire::inline_body_max)));
  engine.exchange();
  REQUIRE(engine.session.start_next(start));
  CHECK(engine.session.run_limit().nanoseconds() == options.run_ns);
}

TEST_CASE("rule 8: a node tells a controller of another epoch what it has, and only that one") {
  Node node;
  node.open(1, 1);
  node.order_fill(0, 1);
  node.order_fill(1, 1);
  node.order_fill(1, 2);
  launcher::ProcessEnd end;
  end.engine = 1;
  end.image = wire::digest_of(image_name);
  end.incarnation = 2;
  end.counter = 9;  // it had begun a task
  node.session.process_ended(end, start);
  node.say();
  CHECK(node.controller.heard_of(Kind::filled).empty());
  node.session.tick(start + 10s);  // nothing was heard for too long: it says HELLO
  node.open(2, 1, start + 10s);
  CHECK(node.controller.heard_of(Kind::filled).empty());
  node.session.tick(start + 20s);
  node.open(3, 2, start + 20s);
  const auto said = node.controller.heard_of(Kind::filled);
  REQUIRE(said.size() == 1);
  const auto filled = *wire::unpack<wire::Filled>(wire::bytes_of(said.front().body));
  CHECK(said.front().flags == 1);
  CHECK(filled.engines == std::vector<std::uint32_t>{0, 1});
  CHECK(filled.incarnations == std::vector<std::uint32_t>{1, 2});
  CHECK(filled.alive == std::vector<bool>{true, false});
  CHECK(filled.ended_ns == std::vector<std::int64_t>{-1, std::chrono::nanoseconds(20s).count()});
}

TEST_CASE("rule 27: a node leaves when its controller has been gone for ten minutes") {
  Node node;
  node.open(1, 1);
  CHECK(node.session.tick(start + 9min).empty());
  const auto orders = node.session.tick(start + 10min);
  REQUIRE(orders.size() == 1);
  CHECK(std::holds_alternative<launcher::LeaveOrder>(orders.front()));
}

TEST_CASE("rule 7: a client says which tasks it said before, and when that was all") {
  FakeController controller;
  client::Session session({}, start);
  const auto exchange = [&] {
    session.take([&](wire::Frame&& frame) { controller.hear_control(std::move(frame)); },
                 [&](wire::Frame&& frame) { controller.hear_task(std::move(frame)); });
  };
  const auto submit = [&] {
    session.submit(0, "entry", {}, {}, std::make_shared<client::Pending>(), start);
  };
  exchange();
  session.receive_control(controller.welcome(1).bytes(), start);
  submit();
  exchange();
  session.restart(start);
  submit();  // while there is no controller
  controller.heard.clear();
  exchange();
  session.receive_control(controller.welcome(2).bytes(), start);
  exchange();
  submit();
  exchange();
  const auto said = controller.heard_of(Kind::submit);
  REQUIRE(said.size() == 3);
  CHECK(said[0].flags == wire::said_before);
  CHECK(said[1].flags == 0);
  CHECK(said[2].flags == 0);
  const std::vector<Kind> kinds = controller.heard_kinds();
  CHECK(std::count(kinds.begin(), kinds.end(), Kind::inventory) == 1);
  CHECK(kinds.back() == Kind::submit);  // the last one came after the word
}

TEST_CASE("a controller that dies five times within a minute is given up") {
  launcher::RestartPolicy policy;
  CHECK(policy.died(start) == 50ms);
  CHECK(policy.died(start + 1s) == 100ms);
  CHECK(policy.died(start + 2s) == 200ms);
  CHECK(policy.died(start + 50s) == 400ms);
  CHECK(policy.died(start + 61s) == 400ms);  // the first one is long past
  CHECK(policy.died(start + 61s) == std::nullopt);
}

}  // namespace muster
