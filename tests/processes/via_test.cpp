// muster via: programs and commands here, with a cluster that another host runs, through ssh.

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/processes/gate.hpp"
#include "tests/processes/hosts.hpp"

using Catch::Contains;
using muster::test::Finished;
using muster::test::Gate;
using muster::test::Hosts;
using muster::test::program;
using muster::test::ranking;
using muster::test::Sandbox;
using muster::test::Variables;

namespace fs = std::filesystem;

namespace {

/// Whose `ssh` finds the hosts, as it would by a user's own configuration.
Variables at_home(const Sandbox& sandbox, const Hosts& hosts) {
  const fs::path tools = sandbox.path() / "tools";
  fs::create_directory(tools);
  std::ofstream(tools / "ssh") << "#!/bin/sh\nexec /usr/bin/ssh -F " << hosts.ssh_config().string()
                               << " \"$@\"\n";
  fs::permissions(tools / "ssh", fs::perms::owner_all);
  return {{"PATH", tools.string() + ":" + std::getenv("PATH")}};
}

}  // namespace

TEST_CASE("programs and commands reach a cluster of another host through ssh, without a port") {
  const Sandbox sandbox;
  const Hosts hosts(sandbox, 2, Hosts::Login::ssh);
  SKIP_WITHOUT(hosts);
  const Variables home = at_home(sandbox, hosts);
  const auto muster = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), program("muster"));
    return hosts.run("h1", std::move(arguments), home);
  };
  const Finished nobody = muster({"via", "h2", "--", program("word_count")});
  CHECK(nobody.code == 3);
  CHECK_THAT(nobody.err, Contains("no running cluster on h2") && Contains("muster start"));

  REQUIRE(hosts.run("h2", {program("muster"), "start", "-n", "2", "--daemonize"}).code == 0);
  const Finished there = hosts.run("h2", {program("word_count")});
  const Finished here = muster({"via", "h2", "--", program("word_count")});
  INFO(here.err);
  CHECK(here.code == 0);
  CHECK(ranking(here.out) == ranking(there.out));
  CHECK(muster({"run", "--via", "h2", "--", "hostname"}).out == "h2\n");
  CHECK_THAT(muster({"status", "--via=h2"}).out, Contains("on h2") && Contains("ready"));
  CHECK_THAT(muster({"history", "--via", "h2"}).out, Contains("succeeded"));
  CHECK(muster({"via", "h2", "--", "sh", "-c", "exit 7"}).code == 7);

  const Finished other = muster({"status", "--via", "h2", "--cluster-id", "other"});
  CHECK(other.code == 3);
  CHECK_THAT(other.err, Contains("--cluster-id other"));
  const Finished stranger = muster({"via", "nobody@h2", "--", "true"});
  CHECK(stranger.code == 125);
  CHECK_THAT(stranger.err, Contains("Permission denied"));
  CHECK(muster({"via", "h2", "--", "/nowhere/program"}).code == 127);
  CHECK(hosts.run("h2", {program("muster"), "stop"}).code == 0);
  CHECK(hosts.become_idle());
}

TEST_CASE(
    "the way through ssh, and the program behind it, go with the command that has opened it") {
  const Sandbox sandbox;
  const Hosts hosts(sandbox, 2, Hosts::Login::ssh);
  SKIP_WITHOUT(hosts);
  const Variables home = at_home(sandbox, hosts);
  REQUIRE(hosts.run("h2", {program("muster"), "start", "-n", "1", "--daemonize"}).code == 0);
  const auto kill_via = [&] {
    for (const pid_t pid : sandbox.processes()) {
      if (muster::test::role_of(pid) == "via") ::kill(pid, SIGKILL);
    }
  };
  const auto open = hosts.start("h1", {program("muster"), "via", "h2"}, home);
  REQUIRE(open->has_said("export MUSTER_CONNECTION_FILE="));
  kill_via();
  CHECK(open->wait().code != 0);

  // The program goes with it.
  const Gate gate(sandbox.path());
  const auto waits = hosts.start(
      "h1", {program("muster"), "via", "h2", "--", program("patient_client"), gate.path(), "1"},
      home);
  REQUIRE(gate.has_notes("started-", 1));
  kill_via();
  CHECK(waits->wait().code != 0);
  CHECK(hosts.run("h2", {program("muster"), "stop"}).code == 0);
  CHECK(hosts.become_idle());
}
