// Nodes that drain (rule 34), by lists of events: the real sessions of a client, of nodes and of
// engines against the real core, and the scheduler and the node's session alone.

#include "protocol/drain.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "client/session.hpp"
#include "controller/core.hpp"
#include "engine/session.hpp"
#include "launcher/node_session.hpp"
#include "tests/unit/fake_controller.hpp"

namespace muster {
namespace {

using namespace std::chrono_literals;
using controller::Core;
using controller::Port;
using controller::RouteId;
using launcher::DepartOrder;
using wire::Instant;
using wire::Kind;

const Instant start = Instant{} + 1h;
const wire::Digest program = wire::digest_of(std::string(32, 'p'));

Core::Config config_of_core() {
  Core::Config config;
  config.credit = 2;
  config.random = [last = std::uint64_t{0}]() mutable { return ++last; };
  return config;
}

launcher::NodeSession::Config config_of_node(std::int64_t pid) {
  launcher::NodeSession::Config config;
  config.host = "host" + std::to_string(pid);
  config.pid = pid;
  config.slots = 1;
  config.stock_image = program;
  return config;
}

client::Session::Config config_of_client() {
  client::Session::Config config;
  config.image = program;
  return config;
}

/// A host with one engine.
struct Host {
  Host(std::int64_t pid, RouteId of_node, RouteId of_engine)
      : node(config_of_node(pid), start), node_route(of_node), engine_route(of_engine) {}

  launcher::NodeSession node;
  std::unique_ptr<engine::Session> engine;
  RouteId node_route;
  RouteId engine_route;
  launcher::FillOrder filled;
  bool departs = false;

  void carry_out(const std::vector<launcher::NodeOrder>& orders, Instant now) {
    for (const launcher::NodeOrder& order : orders) {
      if (const auto* fill = std::get_if<launcher::FillOrder>(&order)) {
        filled = *fill;
        engine::Session::Config config;
        config.image = fill->image;
        config.engine = fill->engine;
        config.incarnation = fill->incarnation;
        engine = std::make_unique<engine::Session>(config, now);
      }
      departs = departs || std::holds_alternative<DepartOrder>(order);
    }
  }
  /// As the loop does, when the session says that it departs.
  void depart(const engine::Job* running, Instant now) {
    launcher::ProcessEnd end;
    end.engine = filled.engine;
    end.image = filled.image;
    end.incarnation = filled.incarnation;
    end.by_order = true;
    end.pid = 1;
    end.link = engine->link();
    end.sent_sequence = engine->sent();
    if (running != nullptr) {
      end.named = true;
      end.session = engine->session(running->session);
      end.counter = running->counter;
      end.attempt = running->attempt;
    }
    engine.reset();
    node.process_ended(end, now);
    node.leave();
  }
};

/// Two such hosts and a client, on whose tasks an engine may have two.
struct Cluster {
  Core core{config_of_core(), start};
  client::Session client{config_of_client(), start};
  Host first{1, 11, 12};
  Host second{2, 21, 22};
  Instant now = start;
  static constexpr RouteId client_route = 1;

  Cluster() {
    exchange();
    REQUIRE(core.engines_ready() == 2);
  }

  void submit(int count, std::int64_t target = -1) {
    for (int i = 0; i < count; ++i) {
      detail::Buffer options;
      if (target >= 0) {
        wire::TaskOptions wanted;
        wanted.target = target;
        options = wire::pack(wanted);
      }
      client.submit(0, "entry", std::move(options), {}, std::make_shared<client::Pending>(), now);
    }
    exchange();
  }

  void send(Port port, RouteId route, const wire::Frame& frame) {
    core.receive(port, route, frame.records.bytes(), now, frame.chunk);
  }

  /// Until all has been said.
  void exchange() {
    for (int round = 0; round < 20; ++round) {
      client.take([&](wire::Frame&& frame) { send(Port::control, client_route, frame); },
                  [&](wire::Frame&& frame) { send(Port::client, client_route, frame); });
      for (Host* host : {&first, &second}) {
        for (detail::Buffer& frame : host->node.take_frames())
          send(Port::control, host->node_route, wire::Frame(std::move(frame)));
        if (!host->engine) continue;
        host->engine->take(
            [&](wire::Frame&& frame) { send(Port::control, host->engine_route, frame); },
            [&](wire::Frame&& frame) { send(Port::engine, host->engine_route, frame); }, now);
      }
      core.finish_pass(now);
      for (const controller::OutFrame& out : core.take_output())
        deliver(out);
    }
  }

  void deliver(const controller::OutFrame& out) {
    const wire::Bytes bytes = out.frame.records.bytes();
    if (out.route == client_route) {
      if (out.port == Port::control) {
        client.receive_control(bytes, now);
      } else {
        client.receive_task(bytes, out.frame.chunk, now);
      }
    }
    for (Host* host : {&first, &second}) {
      if (out.route == host->node_route) host->carry_out(host->node.receive(bytes, now), now);
      if (out.route != host->engine_route || !host->engine) continue;
      if (out.port == Port::control) {
        host->engine->receive_control(bytes, now);
      } else {
        host->engine->receive_task(bytes, out.frame.chunk, now);
      }
    }
  }

  /// All that it holds and is given.
  void work_off(Host& host) {
    while (const auto job = host.engine->start_next(now)) {
      host.engine->finish(wire::OutcomeKind::value, {}, now);
      exchange();
    }
  }

  std::string state_of(std::size_t engine) const {
    return nlohmann::json::parse(core.status(now)).at("engines").at(engine).at("state");
  }
  std::size_t open() const { return client.open(); }
};

}  // namespace

TEST_CASE("rule 34: an engine whose node drains ends what runs and gives back all else") {
  Cluster cluster;
  cluster.submit(6);
  const auto running = cluster.first.engine->start_next(cluster.now);
  REQUIRE(running);
  REQUIRE(cluster.first.engine->queued() == 1);
  cluster.first.node.drain("job 7 ends soon (SIGUSR1)", 60s, cluster.now);
  cluster.exchange();
  CHECK(cluster.first.engine->queued() == 0);
  CHECK(cluster.core.take_news() ==
        std::vector<std::string>{
            "job 7 ends soon (SIGUSR1): engine 0, on host1, drains for at most 60 s"});
  CHECK(cluster.state_of(0) == "draining");
  CHECK(cluster.state_of(1) == "ready");
  cluster.work_off(cluster.second);
  CHECK(cluster.open() == 1);
  CHECK_FALSE(cluster.first.departs);

  cluster.first.engine->finish(wire::OutcomeKind::value, {}, cluster.now);
  cluster.exchange();
  CHECK(cluster.open() == 0);
  CHECK(cluster.first.departs);  // it needn't wait for its time to be over
  CHECK(cluster.core.counts().crashes == 0);
}

TEST_CASE("rule 34: what runs longer than its node waits moves, and is charged nothing") {
  Cluster cluster;
  cluster.submit(1);
  Host& busy = cluster.first.engine->queued() == 1 ? cluster.first : cluster.second;
  Host& other = &busy == &cluster.first ? cluster.second : cluster.first;
  const auto running = busy.engine->start_next(cluster.now);
  REQUIRE(running);
  cluster.now += 20ms;
  busy.engine->report_running(cluster.now);
  busy.node.drain("job 7 ends soon (SIGUSR1)", 60s, cluster.now);
  cluster.exchange();
  CHECK(busy.node.deadline() <= cluster.now + 60s);
  busy.carry_out(busy.node.tick(cluster.now + 59s), cluster.now + 59s);
  CHECK_FALSE(busy.departs);
  busy.carry_out(busy.node.tick(cluster.now + 60s), cluster.now + 60s);
  CHECK(busy.departs);
  busy.depart(&*running, cluster.now);
  cluster.exchange();
  const auto again = other.engine->start_next(cluster.now);
  REQUIRE(again);
  CHECK(again->counter == running->counter);
  CHECK(again->starts == 2);
  CHECK(cluster.core.counts().crashes == 0);
  CHECK(cluster.core.counts().moves == 1);
}

TEST_CASE("rule 34: a node without tasks that drains leaves at once, and is filled no more") {
  Cluster cluster;
  cluster.first.node.drain("the node ends soon (SIGUSR2)", 60s, cluster.now);
  cluster.exchange();
  REQUIRE(cluster.first.departs);
  const std::uint32_t incarnation = cluster.first.filled.incarnation;
  cluster.first.depart(nullptr, cluster.now);
  cluster.exchange();
  CHECK(cluster.first.filled.incarnation == incarnation);
  cluster.submit(3);
  CHECK(cluster.second.engine->queued() == 2);
}

TEST_CASE("rule 34: what is addressed to an engine that drains ends, unless it runs there") {
  Cluster cluster;
  cluster.submit(1, 0);
  REQUIRE(cluster.first.engine->start_next(cluster.now));
  cluster.first.node.drain("job 7 ends soon (SIGUSR1)", 60s, cluster.now);
  cluster.exchange();
  cluster.submit(1, 0);
  CHECK(cluster.open() == 1);
  cluster.first.engine->finish(wire::OutcomeKind::value, {}, cluster.now);
  cluster.exchange();
  CHECK(cluster.open() == 0);
}

TEST_CASE("rule 34: when all engines drain, tasks wait and are told for what") {
  Cluster cluster;
  cluster.submit(2);
  REQUIRE(cluster.first.engine->start_next(cluster.now));
  REQUIRE(cluster.second.engine->start_next(cluster.now));
  for (Host* host : {&cluster.first, &cluster.second})
    host->node.drain("job 7 ends soon (SIGUSR1)", 60s, cluster.now);
  cluster.exchange();
  cluster.submit(4);
  const auto status = nlohmann::json::parse(cluster.core.status(cluster.now));
  CHECK(status.at("queue").at("reasons").at("draining") == 4);
  CHECK(status.at("hosts").at(0).at("draining").at("reason") == "job 7 ends soon (SIGUSR1)");
  CHECK(status.at("hosts").at(0).at("draining").at("for_s") == 60.0);
}

TEST_CASE("rule 34: a node says how much of its time is left to a controller that is new") {
  wire::FakeController fake;
  launcher::NodeSession node(config_of_node(1), start);
  const auto say = [&] {
    for (detail::Buffer& frame : node.take_frames())
      fake.hear_control(wire::Frame(std::move(frame)));
  };
  const auto open = [&](std::uint64_t link, std::uint32_t epoch, Instant now) {
    say();
    wire::Welcome answer;
    answer.engines = {0};
    answer.epoch = epoch;
    node.receive(fake.welcome(link, answer).bytes(), now);
    say();
  };
  open(1, 1, start);
  node.drain("job 7 ends soon (SIGUSR1)", 60s, start);
  node.drain("again", 90s, start + 1s);
  say();
  REQUIRE(fake.heard_of(Kind::drain).size() == 1);
  fake.heard.clear();
  node.tick(start + 20s);  // nothing was heard for too long: it says HELLO
  open(2, 2, start + 20s);
  const auto said = fake.heard_of(Kind::drain);
  REQUIRE_FALSE(said.empty());
  const auto drain = wire::unpack<wire::Drain>(wire::bytes_of(said.back().body));
  CHECK(drain->reason == "job 7 ends soon (SIGUSR1)");
  CHECK(drain->remaining_ns == std::chrono::nanoseconds(40s).count());
  CHECK(fake.heard_kinds().back() == Kind::filled);  // with which it may be given tasks
}

}  // namespace muster
