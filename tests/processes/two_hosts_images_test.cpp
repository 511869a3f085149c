// Programs of one host that engines of the other run, over the network: each host has directories
// that the other doesn't see.

#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/processes/hosts.hpp"

using muster::test::Finished;
using muster::test::Hosts;
using muster::test::program;
using muster::test::Sandbox;

namespace {

/// A command on a host with a cache of its own.
std::vector<std::string> with_own_cache(const std::string& command) {
  return {"/bin/sh", "-c", "export XDG_CACHE_HOME=$TMPDIR/cache; exec " + command};
}

/// A program that only this host has.
Finished run_own(const Hosts& hosts, const std::string& host) {
  return hosts.run(
      host,
      {"/bin/sh", "-c", "cp " + program("global_client") + " $TMPDIR/own && exec $TMPDIR/own"},
      {{"MUSTER_CONNECTION_FILE", hosts.cluster_directory("h1") / "connection.json"}});
}

nlohmann::json status(const Hosts& hosts) {
  const Finished answer = hosts.run("h1", {program("muster"), "status", "--json"});
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  return nlohmann::json::parse(answer.out);
}

std::uint64_t sent_to(const nlohmann::json& status, const std::string& host) {
  std::uint64_t bytes = 0;
  for (const auto& each : status.at("hosts")) {
    if (each.at("host") == host) bytes += each.at("image_bytes_sent").get<std::uint64_t>();
  }
  return bytes;
}

}  // namespace

#define NEEDS_HOSTS(hosts)                  \
  if (!(hosts).missing().empty()) {         \
    WARN("skipped: " << (hosts).missing()); \
    return;                                 \
  }

TEST_CASE("rule 26: over a network a program comes from its client's host to the controller's",
          "[wire]") {
  const Sandbox sandbox;
  const Hosts hosts(sandbox);
  NEEDS_HOSTS(hosts)
  const auto cluster =
      hosts.start("h1", with_own_cache(program("muster") + " start -n 2 --bind eth0"));
  REQUIRE(cluster->has_said("is running"));
  const std::uint64_t bytes = std::filesystem::file_size(program("global_client"));

  for (const char* time : {"the first time", "the second time"}) {
    INFO(time);
    const Finished finished = run_own(hosts, "h2");
    INFO(finished.err << cluster->err());
    CHECK(finished.out == "42\n");
    const auto now = status(hosts);
    CHECK(sent_to(now, "h1") == bytes);
    CHECK(now.at("totals").at("image_bytes_received") == bytes);
  }
  CHECK(hosts.run("h1", {program("muster"), "stop"}).code == 0);
  CHECK(cluster->wait().code == 0);
}

TEST_CASE("rule 26: over a network a program goes once to a host that joined with four engines",
          "[wire]") {
  const Sandbox sandbox;
  const Hosts hosts(sandbox);
  NEEDS_HOSTS(hosts)
  const auto cluster = hosts.start("h1", {program("muster"), "start", "-n", "0", "--bind", "eth0"});
  REQUIRE(cluster->has_said("is running"));
  const std::string file = hosts.cluster_directory("h1") / "connection-node.json";
  const auto node =
      hosts.start("h2", with_own_cache(program("muster") + " node --connect " + file + " -n 4"));
  REQUIRE(node->has_said("4 engines joined"));

  for (const char* time : {"the first time", "the second time"}) {
    INFO(time);
    const Finished finished = run_own(hosts, "h1");
    INFO(finished.err << node->err());
    CHECK(finished.out == "42\n");
    CHECK(sent_to(status(hosts), "h2") == std::filesystem::file_size(program("global_client")));
  }
  CHECK(hosts.run("h1", {program("muster"), "stop"}).code == 0);
  CHECK(cluster->wait().code == 0);
}
