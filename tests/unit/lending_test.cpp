// Tasks that their own client runs, because it is in a task and waits for them (rule 33), by lists
// of events: the real sessions of a client, a node and an engine against the real core.

#include "protocol/lending.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <catch2/catch.hpp>

#include "client/session.hpp"
#include "controller/core.hpp"
#include "engine/session.hpp"
#include "launcher/node_session.hpp"
#include "protocol/item_row.hpp"

namespace muster {
namespace {

using namespace std::chrono_literals;
using client::Pending;
using controller::Core;
using controller::Port;
using controller::RouteId;
using wire::OutcomeKind;

const wire::Instant lending_start = wire::Instant{} + 1h;
const wire::Digest lending_program = wire::digest_of(std::string(32, 'p'));

Core::Config lending_core() {
  Core::Config config;
  config.credit = 2;
  config.random = [last = std::uint64_t{0}]() mutable { return ++last; };
  return config;
}

launcher::NodeSession::Config lending_node() {
  launcher::NodeSession::Config config;
  config.host = "host";
  config.pid = 1;
  config.slots = 1;
  config.stock_image = lending_program;
  return config;
}

client::Session::Config lending_client() {
  client::Session::Config config;
  config.image = lending_program;
  config.own_engine =
      std::make_shared<const wire::Process>(wire::Process{.engine = 7, .pid = 8, .host = "host"});
  return config;
}

/// One engine, which may have two tasks, and a client.
struct Lending {
  Core core{lending_core(), lending_start};
  client::Session client{lending_client(), lending_start};
  launcher::NodeSession node{lending_node(), lending_start};
  std::unique_ptr<engine::Session> engine;
  wire::Instant now = lending_start;
  static constexpr RouteId client_route = 1;
  static constexpr RouteId node_route = 2;
  static constexpr RouteId engine_route = 3;

  Lending() {
    exchange();
    REQUIRE(core.engines_ready() == 1);
  }

  std::shared_ptr<Pending> submit(wire::TaskOptions options = {}) {
    auto pending = std::make_shared<Pending>();
    detail::Buffer block;
    if (options != wire::TaskOptions{}) block = wire::pack(options);
    client.submit(0, "entry", std::move(block), {}, pending, now);
    exchange();
    return pending;
  }
  std::shared_ptr<detail::ItemOutcomes> submit_row(std::uint32_t items) {
    detail::Buffer row;
    for (std::uint32_t i = 0; i < items; ++i)
      wire::append_item(row, {});
    auto outcomes = std::make_shared<detail::ItemOutcomes>();
    client.submit_items(0, "entry", {}, std::move(row), outcomes, 0, items, now);
    exchange();
    return outcomes;
  }
  /// What the client may run itself, if it asks now.
  std::optional<client::Session::OwnTask> borrow(std::uint64_t floor = 1) {
    if (client.may_ask_back(floor)) client.ask_back(floor);
    exchange();
    return client.take_borrowed(floor);
  }
  void finish(const client::Session::OwnTask& own, OutcomeKind kind = OutcomeKind::value) {
    client.finish_borrowed(own.task, kind, {}, now, now);
    exchange();
  }

  void send(Port port, RouteId route, const wire::Frame& frame) {
    core.receive(port, route, frame.records.bytes(), now, frame.chunk);
  }
  void exchange() {
    for (int round = 0; round < 20; ++round) {
      client.take([&](wire::Frame&& frame) { send(Port::control, client_route, frame); },
                  [&](wire::Frame&& frame) { send(Port::client, client_route, frame); });
      for (detail::Buffer& frame : node.take_frames())
        send(Port::control, node_route, wire::Frame(std::move(frame)));
      if (engine) {
        engine->take([&](wire::Frame&& frame) { send(Port::control, engine_route, frame); },
                     [&](wire::Frame&& frame) { send(Port::engine, engine_route, frame); }, now);
      }
      core.finish_pass(now);
      for (const controller::OutFrame& out : core.take_output())
        deliver(out);
    }
  }
  void deliver(const controller::OutFrame& out) {
    const wire::Bytes bytes = out.frame.records.bytes();
    const bool control = out.port == Port::control;
    if (out.route == client_route) {
      control ? client.receive_control(bytes, now)
              : client.receive_task(bytes, out.frame.chunk, now);
    } else if (out.route == engine_route && engine) {
      control ? engine->receive_control(bytes, now)
              : engine->receive_task(bytes, out.frame.chunk, now);
    } else if (out.route == node_route) {
      for (const launcher::NodeOrder& order : node.receive(bytes, now)) {
        const auto* fill = std::get_if<launcher::FillOrder>(&order);
        if (fill == nullptr) continue;
        engine::Session::Config config;
        config.image = fill->image;
        config.engine = fill->engine;
        config.incarnation = fill->incarnation;
        engine = std::make_unique<engine::Session>(config, now);
      }
    }
  }
};

}  // namespace

TEST_CASE("rule 33: who waits in a task runs what no engine has begun, the newest first") {
  Lending cluster;
  const auto first = cluster.submit();
  REQUIRE(cluster.engine->start_next(cluster.now));
  const auto second = cluster.submit();
  const auto third = cluster.submit();
  CHECK(cluster.engine->queued() == 1);
  cluster.client.begin_borrowing();

  auto own = cluster.borrow();  // it waited in the controller
  REQUIRE(own);
  CHECK(own->task.counter == 3);
  CHECK(own->entry == "entry");
  cluster.finish(*own);
  CHECK(third->is_settled());
  CHECK(third->kind == OutcomeKind::value);
  REQUIRE(third->process);
  CHECK(third->process->engine == 7);

  own = cluster.borrow();  // its engine has given it back
  REQUIRE(own);
  CHECK(own->task.counter == 2);
  CHECK(cluster.engine->queued() == 0);
  cluster.finish(*own);
  CHECK(second->is_settled());

  CHECK_FALSE(cluster.borrow());  // the first one runs there
  CHECK_FALSE(cluster.client.may_ask_back(1));
  cluster.engine->finish(OutcomeKind::value, {}, cluster.now);
  cluster.exchange();
  CHECK(first->is_settled());
  CHECK(cluster.core.counts().dropped_outcomes == 0);
}

TEST_CASE("rule 33: what is lent when the wait ends goes back, and an engine runs it") {
  Lending cluster;
  REQUIRE(cluster.engine);
  cluster.submit();
  cluster.client.begin_borrowing();
  cluster.client.ask_back(1);
  cluster.exchange();
  REQUIRE(cluster.client.has_borrowed(1));
  CHECK_FALSE(cluster.engine->start_next(cluster.now));
  cluster.client.end_borrowing();
  cluster.exchange();
  CHECK(cluster.engine->start_next(cluster.now));
}

TEST_CASE("rule 33: a task asks back its own tasks only, not those of the one that it is part of") {
  Lending cluster;
  cluster.submit();
  REQUIRE(cluster.engine->start_next(cluster.now));
  cluster.submit();
  const std::uint64_t floor = cluster.client.next_counter();
  cluster.submit();
  cluster.client.begin_borrowing();
  const auto own = cluster.borrow(floor);
  REQUIRE(own);
  CHECK(own->task.counter == 3);
  CHECK_FALSE(cluster.borrow(floor));
}

TEST_CASE("rule 33: what only an engine can heed stays with the engines") {
  Lending cluster;
  cluster.submit();
  REQUIRE(cluster.engine->start_next(cluster.now));
  wire::TaskOptions addressed;
  addressed.target = 0;
  cluster.submit(addressed);
  wire::TaskOptions limited;
  limited.run_ns = 1'000'000;
  cluster.submit(limited);
  cluster.client.begin_borrowing();
  CHECK_FALSE(cluster.borrow());
}

TEST_CASE("rule 33: a lent task that is cancelled is, and its value is dropped") {
  Lending cluster;
  cluster.submit();
  REQUIRE(cluster.engine->start_next(cluster.now));
  const auto task = cluster.submit();
  cluster.client.begin_borrowing();
  const auto own = cluster.borrow();
  REQUIRE(own);
  cluster.client.cancel(2);
  cluster.exchange();
  CHECK(task->kind == OutcomeKind::cancelled);
  cluster.finish(*own);
  CHECK(task->kind == OutcomeKind::cancelled);
}

TEST_CASE("rule 33: what a lent task throws is tried again while it has retries") {
  Lending cluster;
  cluster.submit();
  REQUIRE(cluster.engine->start_next(cluster.now));
  wire::TaskOptions twice;
  twice.retries = 1;
  const auto task = cluster.submit(twice);
  cluster.client.begin_borrowing();
  const auto own = cluster.borrow();
  REQUIRE(own);
  cluster.finish(*own, OutcomeKind::exception);
  CHECK_FALSE(task->is_settled());
  const auto again = cluster.borrow();
  REQUIRE(again);
  cluster.finish(*again, OutcomeKind::exception);
  CHECK(task->kind == OutcomeKind::exception);
}

TEST_CASE("rule 33: what a lent task looks for in vain is looked for on an engine") {
  Lending cluster;
  cluster.submit();
  REQUIRE(cluster.engine->start_next(cluster.now));
  const auto task = cluster.submit();
  cluster.client.begin_borrowing();
  const auto own = cluster.borrow();
  REQUIRE(own);
  cluster.finish(*own, OutcomeKind::unmet);
  CHECK_FALSE(task->is_settled());
  CHECK_FALSE(cluster.borrow());
  cluster.engine->finish(OutcomeKind::value, {}, cluster.now);
  cluster.exchange();
  CHECK(cluster.engine->start_next(cluster.now));
}

TEST_CASE("rule 33: items of a row are lent one by one, from its end") {
  Lending cluster;
  const auto outcomes = cluster.submit_row(6);
  REQUIRE(cluster.engine->start_next(cluster.now));
  cluster.client.begin_borrowing();
  std::vector<std::uint64_t> lent;
  while (const auto own = cluster.borrow()) {
    lent.push_back(own->task.counter);
    cluster.finish(*own);
  }
  CHECK(lent.front() == 6);
  CHECK(lent.size() == 5);
  CHECK(cluster.engine->queued() == 0);
  cluster.engine->finish(OutcomeKind::value, {}, cluster.now);
  cluster.exchange();
  CHECK(cluster.client.open() == 0);
}

TEST_CASE(
    "rule 33: what was lent on a link that is over runs elsewhere, and its value is dropped") {
  Lending cluster;
  cluster.submit();
  REQUIRE(cluster.engine->start_next(cluster.now));
  const auto task = cluster.submit();
  cluster.client.begin_borrowing();
  const auto own = cluster.borrow();
  REQUIRE(own);
  cluster.client.restart(cluster.now += 1s);
  cluster.exchange();
  cluster.finish(*own);
  CHECK_FALSE(task->is_settled());
  CHECK(cluster.core.counts().dropped_outcomes == 1);
  cluster.engine->finish(OutcomeKind::value, {}, cluster.now);
  cluster.exchange();
  REQUIRE(cluster.engine->start_next(cluster.now));
  cluster.engine->finish(OutcomeKind::value, {}, cluster.now);
  cluster.exchange();
  CHECK(task->is_settled());
}

}  // namespace muster
