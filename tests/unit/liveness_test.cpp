// What a controller concludes from silence when it was stopped itself (rule 31).

#include <chrono>
#include <utility>

#include <catch2/catch.hpp>

#include "client/session.hpp"
#include "controller/core.hpp"

namespace muster::controller {
namespace {

using namespace std::chrono_literals;
using wire::Instant;

const Instant start = Instant{} + 1h;

Core::Config config_of_one_that_numbers_its_links() {
  Core::Config config;
  config.random = [last = std::uint64_t{0}]() mutable { return ++last; };
  return config;
}

/// A client whose first connection ends after 100 ms, and a controller that looks around for 2.5 s
/// after that began, which is just too short to drop the client's session.
struct Cluster {
  Core core{config_of_one_that_numbers_its_links(), start};
  client::Session client{{}, start};
  RouteId route = 1;

  Cluster() {
    exchange(start);
    core.unreachable(Port::control, route, start + 100ms);
    client.restart(start + 100ms);
    ++route;
    look_until(start + 2500ms);
  }
  void look_until(Instant end) {
    for (Instant now = core.deadline(); now <= end; now += 500ms)
      core.tick(now);
  }
  void exchange(Instant now) {
    client.take(
        [&](wire::Frame&& frame) {
          core.receive(Port::control, route, frame.records.bytes(), now);
        },
        [](wire::Frame&&) {});
    core.finish_pass(now);
    for (const OutFrame& out : core.take_output()) {
      if (out.port == Port::control && out.route == route)
        client.receive_control(out.frame.records.bytes(), now);
    }
  }
  const ClientSession* session() const { return core.sessions().get(core.sessions().find({})); }
};

}  // namespace

TEST_CASE("rule 31: a controller that was stopped drops no session before it has read its HELLO") {
  Cluster cluster;
  const Instant resumed = start + 12s;
  cluster.core.tick(resumed);
  SECTION("which waits for it") {
    cluster.exchange(resumed);
    CHECK(cluster.client.link().welcome().known);
  }
  SECTION("and drops it at the next look if there is none") {
    CHECK(cluster.session() != nullptr);
    cluster.core.tick(resumed + 500ms);
    CHECK(cluster.session() == nullptr);
  }
}

TEST_CASE("rule 31: what a controller that was stopped reads before it looks was heard then") {
  Cluster cluster;
  const Instant resumed = start + 12s;
  cluster.exchange(resumed);
  cluster.core.tick(resumed);
  cluster.look_until(resumed + 15s);
  CHECK(cluster.session()->peer != nullptr);
  cluster.look_until(resumed + 16s);
  CHECK(cluster.session()->peer == nullptr);
}

}  // namespace muster::controller
