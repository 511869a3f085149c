// Which ids the ranks of an MPI job get from a controller, in whatever order they come.

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "controller/core.hpp"
#include "launcher/node_session.hpp"

namespace muster {
namespace {

using namespace std::chrono_literals;
using controller::Core;
using controller::Port;
using controller::RouteId;
using launcher::JobRank;
using launcher::NodeSession;
using wire::Instant;

const Instant start = Instant{} + 1h;

/// A controller, and nodes that have said HELLO.
class Joining {
 public:
  /// The ids of the node that has come; none when it was refused.
  std::vector<std::uint32_t> join(const JobRank& rank, std::uint32_t slots = 1) {
    NodeSession::Config config;
    config.host = "host";
    config.slots = slots;
    config.stock_image = wire::digest_of(std::string(32, 'p'));
    config.rank = rank;
    const RouteId route = ++routes_;
    NodeSession& node = nodes_.try_emplace(route, config, start).first->second;
    for (int round = 0; round < 3; ++round)
      exchange(route, node);
    return node.welcomed() ? node.engines() : std::vector<std::uint32_t>();
  }

  /// The connection of the node that has come last has ended.
  void cut() { core_.unreachable(Port::control, routes_, start); }
  std::size_t engines() const {
    return nlohmann::json::parse(core_.status(start)).at("engines").size();
  }

 private:
  void exchange(RouteId route, NodeSession& node) {
    for (const detail::Buffer& frame : node.take_frames())
      core_.receive(Port::control, route, frame.bytes(), start);
    core_.finish_pass(start);
    for (const controller::OutFrame& out : core_.take_output()) {
      if (const auto to = nodes_.find(out.route); to != nodes_.end())
        to->second.receive(out.frame.records.bytes(), start);
    }
  }

  static Core::Config core_config() {
    Core::Config config;
    config.random = [last = std::uint64_t{0}]() mutable { return ++last; };
    return config;
  }

  Core core_{core_config(), start};
  std::map<RouteId, NodeSession> nodes_;
  RouteId routes_ = 0;
};

using Ids = std::vector<std::uint32_t>;

TEST_CASE(
    "the ranks of an MPI job have consecutive ids in their order though others come between") {
  Joining cluster;
  CHECK(cluster.join({}, 2) == Ids{0, 1});
  CHECK(cluster.join({"job", 2, 3}) == Ids{4});
  CHECK(cluster.join({}, 1) == Ids{5});
  CHECK(cluster.join({"other", 0, 2}) == Ids{6});
  CHECK(cluster.join({"job", 0, 3}) == Ids{2});
  CHECK(cluster.join({"other", 1, 2}) == Ids{7});
  CHECK(cluster.join({"job", 1, 3}) == Ids{3});
  CHECK(cluster.join({}, 1) == Ids{8});
}

TEST_CASE("a rank that can't be one of its job is refused") {
  Joining cluster;
  CHECK(cluster.join({"job", 0, 2}) == Ids{0});
  CHECK(cluster.join({"job", 0, 2}).empty());  // it is there already
  CHECK(cluster.join({"job", 2, 2}).empty());
  CHECK(cluster.join({"job", 2, 3}).empty());  // nor does a job grow
  CHECK(cluster.join({"job", 1, 2}, 2).empty());
  CHECK(cluster.join({"wild", 0, 0xffffffff}).empty());
  CHECK(cluster.join({"job", 1, 2}) == Ids{1});
}

TEST_CASE("a rank whose connection has ended is gone and other nodes may come back") {
  Joining cluster;
  CHECK(cluster.join({}) == Ids{0});
  cluster.cut();
  CHECK(cluster.join({"job", 0, 2}) == Ids{1});
  CHECK(cluster.engines() == 2);  // of the second rank nothing is shown before it has come
  cluster.cut();
  CHECK(cluster.engines() == 1);
}

}  // namespace
}  // namespace muster
