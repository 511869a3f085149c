// kill -9 of any two parts of a cluster, in either order, leaves no process, and the cluster can be
// started again.

#include <csignal>
#include <map>
#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/patience.hpp"

using muster::test::Cluster;
using muster::test::Finished;

TEST_CASE("kill -9 of two parts of a cluster, in each order, leaves no process") {
  const std::string first = GENERATE("launcher", "controller", "node", "engine");
  const std::string second = GENERATE("launcher", "controller", "node", "engine");
  CAPTURE(first, second);
  Cluster cluster(2);
  const std::map<std::string, pid_t> parts{{"launcher", cluster.launcher()},
                                           {"controller", cluster.controller()},
                                           {"node", cluster.node()},
                                           {"engine", cluster.engines().at(0)}};
  ::kill(parts.at(first), SIGKILL);
  // Its number can't be somebody else's by now: numbers are given out in turn.
  ::kill(parts.at(second), SIGKILL);
  const auto comes_back = [](const std::string& part) {
    return part == "engine" || part == "controller";
  };
  if (comes_back(first) && comes_back(second)) {
    const bool engine_killed = first == "engine" || second == "engine";
    CHECK(muster::test::eventually([&] {
      const Finished status = cluster.sandbox().muster({"status", "--json"});
      if (status.code != 0) return false;  // the controller is away
      const auto json = nlohmann::json::parse(status.out);
      const auto& engine = json.at("engines").at(0);
      return engine.at("state") == "ready" &&
             (engine.at("pid") != parts.at("engine")) == engine_killed;
    }));
    return;
  }
  CHECK(cluster.sandbox().becomes_empty());
  CHECK(cluster.sandbox().muster({"status"}).code == 3);
  // What is left of it is in nobody's way.
  const Finished start = cluster.sandbox().muster({"start", "-n", "1", "--daemonize"});
  INFO(start.err);
  CHECK(start.code == 0);
  CHECK(cluster.sandbox().muster({"stop"}).code == 0);
}
