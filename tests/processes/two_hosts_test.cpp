// Two hosts that share a disk and a network, and nothing else.

#include <algorithm>
#include <functional>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/processes/gate.hpp"
#include "tests/processes/hosts.hpp"
#include "tests/processes/patience.hpp"

using muster::test::eventually;
using muster::test::Finished;
using muster::test::Gate;
using muster::test::Hosts;
using muster::test::program;
using muster::test::Sandbox;

namespace {

/// A host that says nothing is given up after 15 s, and found again later than that.
bool in_the_end(const std::function<bool()>& condition) {
  return eventually(condition) || eventually(condition);
}

std::size_t ready_engines(const Hosts& hosts) {
  const Finished answer = hosts.run("h1", {program("muster"), "status", "--json"});
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  const auto status = nlohmann::json::parse(answer.out);
  const auto& engines = status.at("engines");
  return static_cast<std::size_t>(
      std::count_if(engines.begin(), engines.end(),
                    [](const auto& each) { return each.at("state") == "ready"; }));
}

}  // namespace

TEST_CASE("when a cable is pulled the tasks behind it run elsewhere, and its host comes back") {
  const Sandbox sandbox;
  const Hosts hosts(sandbox);
  if (!hosts.missing().empty()) {
    WARN("skipped: " << hosts.missing());
    return;
  }
  const auto cluster = hosts.start("h1", {program("muster"), "start", "-n", "1", "--bind", "eth0"});
  REQUIRE(cluster->has_said("is running"));
  const auto directory = hosts.cluster_directory("h1");
  const auto node = hosts.start("h2", {program("muster"), "node", "--connect",
                                       directory / "connection-node.json", "-n", "1"});
  REQUIRE(node->has_said("1 engine joined"));

  // A program on the other host: both engines work for it.
  const Gate open_gate(directory);
  open_gate.open();
  const Finished remote = hosts.run("h2", {program("patient_client"), open_gate.path(), "100"},
                                    {{"MUSTER_CONNECTION_FILE", directory / "connection.json"}});
  INFO(remote.err);
  CHECK_THAT(remote.out, Catch::Contains("100 results"));

  const Gate gate(sandbox.path());
  const auto client = hosts.start("h1", {program("patient_client"), gate.path(), "2"});
  REQUIRE(gate.has_notes("started", 2));
  hosts.unplug("h2");
  gate.open();
  CHECK(in_the_end([&] { return !client->running(); }));
  const Finished finished = client->wait();
  INFO(finished.err);
  CHECK_THAT(finished.out, Catch::Contains("2 results"));

  hosts.plug("h2");
  CHECK(in_the_end([&] { return ready_engines(hosts) == 2; }));
  CHECK(hosts.run("h1", {program("muster"), "stop"}).code == 0);
  CHECK(cluster->wait().code == 0);
  CHECK_THAT(node->wait().err, Catch::Contains("the cluster was stopped"));
}

TEST_CASE("rule 7: when a host goes down its controller is resumed there, and nothing runs twice") {
  const Sandbox sandbox;
  const Hosts hosts(sandbox);
  if (!hosts.missing().empty()) {
    WARN("skipped: " << hosts.missing());
    return;
  }
  const auto controller = hosts.start("h1", {program("muster"), "controller", "--bind", "eth0"});
  REQUIRE(controller->has_said("is running"));
  const auto directory = hosts.cluster_directory("h1");
  const auto node = hosts.start("h2", {program("muster"), "node", "--connect",
                                       directory / "connection-node.json", "-n", "2"});
  REQUIRE(node->has_said("2 engines joined"));
  const Gate gate(sandbox.path());
  const auto client = hosts.start("h2", {program("patient_client"), gate.path(), "6"},
                                  {{"MUSTER_CONNECTION_FILE", directory / "connection.json"}});
  REQUIRE(gate.has_notes("started", 2));

  // The other host hears nothing of it, not even the ends of its connections.
  hosts.unplug("h1");
  hosts.run("h1", {"sh", "-c", "kill -KILL -1"});
  controller->wait();
  hosts.plug("h1");
  const auto resumed = hosts.start("h1", {program("muster"), "controller", "--resume"});
  REQUIRE(resumed->has_said("is running"));
  gate.open();
  CHECK(in_the_end([&] { return !client->running(); }));
  const Finished finished = client->wait();
  INFO(finished.err);
  CHECK_THAT(finished.out, Catch::Contains("6 results"));
  CHECK(gate.notes("started").size() == 6);

  CHECK(hosts.run("h1", {program("muster"), "stop"}).code == 0);
  CHECK(resumed->wait().code == 0);
  CHECK_THAT(node->wait().err, Catch::Contains("the cluster was stopped"));
}

// Takes more than a minute, so it is part of scripts/soak only.
TEST_CASE("rule 36: who is cut off with a lock is ended before others get it", "[.minutes]") {
  const Sandbox sandbox;
  const Hosts hosts(sandbox);
  SKIP_WITHOUT(hosts)
  const auto cluster = hosts.start("h1", {program("muster"), "start", "-n", "1", "--bind", "eth0"});
  REQUIRE(cluster->has_said("is running"));
  const auto file = hosts.cluster_directory("h1") / "connection.json";
  const auto holder =
      hosts.start("h2", {program("lock_holder"), "table"}, {{"MUSTER_CONNECTION_FILE", file}});
  REQUIRE(holder->has_said("has it, 1"));
  const auto next = hosts.start("h1", {program("lock_holder"), "table"});
  hosts.unplug("h2");
  const auto gets_it = [&] { return next->out().find("has it, 2") != std::string::npos; };
  bool too_early = false;
  const auto over = [&] {
    too_early = too_early || (gets_it() && holder->running());
    return gets_it();
  };
  CHECK((in_the_end(over) || in_the_end(over) || in_the_end(over)));
  CHECK_FALSE(too_early);
  const Finished ended = holder->wait();
  CHECK(ended.code == 1);
  CHECK_THAT(ended.out, Catch::Contains("was asked to stop"));
  CHECK_THAT(ended.err, Catch::Contains("cut off") && Catch::Contains("'table'"));
}

TEST_CASE("a cluster that listens on no network is named to who comes from another host") {
  const Sandbox sandbox;
  const Hosts hosts(sandbox);
  if (!hosts.missing().empty()) {
    WARN("skipped: " << hosts.missing());
    return;
  }
  const auto cluster = hosts.start("h1", {program("muster"), "start", "-n", "1"});
  REQUIRE(cluster->has_said("is running"));
  const std::string file = hosts.cluster_directory("h1") / "connection.json";
  for (const Finished& finished :
       {hosts.run("h2", {program("muster"), "status", "--file", file}),
        hosts.run("h2", {program("muster"), "run", "--file", file, "--", "true"}),
        hosts.run("h2", {program("global_client")}, {{"MUSTER_CONNECTION_FILE", file}})}) {
    CHECK(finished.code != 0);
    CHECK_THAT(finished.err,
               Catch::Contains("only") && Catch::Contains("h1") && Catch::Contains("--bind"));
  }
  CHECK(hosts.run("h1", {program("muster"), "stop"}).code == 0);
  CHECK(cluster->wait().code == 0);
}
