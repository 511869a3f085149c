// Clusters over several hosts that are reached by ssh: network namespaces with an sshd each.

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/processes/hosts.hpp"
#include "tests/processes/patience.hpp"

using Catch::Contains;
using muster::test::Child;
using muster::test::eventually;
using muster::test::Finished;
using muster::test::Hosts;
using muster::test::program;
using muster::test::ranking;
using muster::test::role_of;
using muster::test::Sandbox;

namespace fs = std::filesystem;

namespace {

std::vector<std::string> over_ssh(const Hosts& hosts, const std::string& command,
                                  const std::string& list,
                                  const std::vector<std::string>& more = {}) {
  std::vector<std::string> words{program("muster"), command,
                                 "--launcher",      "ssh",
                                 "--ssh-arg=-F",    "--ssh-arg=" + hosts.ssh_config().string(),
                                 "--hosts",         list};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string content(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("programs have the same results on three hosts over ssh as on one") {
  const Sandbox sandbox;
  const Hosts hosts(sandbox, 4, Hosts::Login::ssh);
  SKIP_WITHOUT(hosts);
  std::ofstream(hosts.home("h3") / ".bashrc") << "echo Welcome; echo Hello >&2; printf 'no end'\n";
  for (const char* example : {"word_count", "sweep"}) {
    CAPTURE(example);
    const Finished here =
        hosts.run("h1", {program("muster"), "exec", "-n", "4", "--", program(example)});
    REQUIRE(here.code == 0);
    const Finished there = hosts.run(
        "h1", over_ssh(hosts, "exec", "h2:2,h3:2,root@h4:22:1", {"--", program(example)}));
    INFO(there.err);
    CHECK(there.code == 0);
    CHECK(ranking(there.out) == ranking(here.out));
  }
  CHECK(hosts.become_idle());
}

TEST_CASE("what goes to all engines goes to each host once, and its node hands it to them") {
  const Sandbox sandbox;
  const Hosts hosts(sandbox, 3, Hosts::Login::ssh);
  SKIP_WITHOUT(hosts);
  REQUIRE(hosts.run("h1", over_ssh(hosts, "start", "h2:3,h3:2", {"--daemonize"})).code == 0);
  const Finished summed = hosts.run("h1", {program("person"), "broadcast"});
  INFO(summed.err);
  CHECK(summed.out == "5242880\n");
  const auto totals =
      nlohmann::json::parse(hosts.run("h1", {program("muster"), "status", "--json"}).out)["totals"];
  CHECK(totals["values_to_hosts"] == 2);
  CHECK(totals["value_bytes_to_hosts"] == 2 * totals["value_bytes_received"].get<std::uint64_t>());
  CHECK(totals["values_sent"] == 0);
  CHECK(hosts.run("h1", {program("muster"), "stop"}).code == 0);
  CHECK(hosts.become_idle());
}

TEST_CASE("muster is sent to a host once, and what its node says comes back") {
  const Sandbox sandbox;
  const Hosts hosts(sandbox, 2, Hosts::Login::ssh);
  SKIP_WITHOUT(hosts);
  const fs::path logs = hosts.cluster_directory("h1") / "logs";
  for (int time = 1; time <= 2; ++time) {
    const Finished started = hosts.run("h1", over_ssh(hosts, "start", "h2:2", {"--daemonize"}));
    INFO(started.err);
    REQUIRE(started.code == 0);
    CHECK(started.err.empty());
    CHECK_THAT(started.out, Contains("is running: 2 engines") && Contains("tcp://10.77.0.1:"));
    const Finished where = hosts.run("h1", {program("muster"), "run", "--all", "--", "hostname"});
    CHECK(where.out == "[0] h2\n[1] h2\n");
    CHECK(hosts.run("h1", {program("muster"), "stop"}).code == 0);
  }
  const std::string log = content(logs / "launcher.log");
  const std::size_t sent = log.find("muster is sent there");
  REQUIRE(sent != std::string::npos);
  CHECK(log.find("muster is sent there", sent + 1) == std::string::npos);
  CHECK_THAT(content(logs / "node-h2.log"), Contains("engine 0 is process"));
}

TEST_CASE("ssh's own words say why a host can't be used, and the others go on") {
  const Sandbox sandbox;
  const Hosts hosts(sandbox, 5, Hosts::Login::ssh);
  SKIP_WITHOUT(hosts);
  fs::create_directories(hosts.home("h3") / "cache");
  hosts.run("h3", {"mount", "-t", "tmpfs", "-o", "size=1m", "small", hosts.home("h3") / "cache"});
  const fs::path users = sandbox.path() / "passwd";
  std::ofstream(users) << "root:x:0:0:root:/root:/usr/sbin/nologin\nsshd:x:100:65534::/run/sshd:"
                          "/usr/sbin/nologin\n";
  hosts.run("h4", {"mount", "--bind", users, "/etc/passwd"});
  const fs::path machine = sandbox.path() / "uname";
  std::ofstream(machine) << "#!/bin/sh\n[ $1 = -m ] && echo aarch64 || echo Linux\n";
  fs::permissions(machine, fs::perms::owner_all);
  hosts.run("h5", {"mount", "--bind", machine, "/usr/bin/uname"});
  const std::string list = "h2:1,h2:1,h2:23:1,stranger:1,unknown:1,nobody:1,h3:1,h4:1,h5:1";
  const Finished started = hosts.run("h1", over_ssh(hosts, "start", list, {"--daemonize"}));
  INFO(started.err);
  CHECK(started.code == 0);
  CHECK_THAT(started.out, Contains("is running: 2 engines"));
  CHECK(std::count(started.err.begin(), started.err.end(), '\n') == 7);
  for (const auto& [host, words] : std::vector<std::pair<std::string, std::string>>{
           {"h2:23: ", "Connection refused"},
           {"stranger: ", "Permission denied"},
           {"unknown: ", "Host key verification failed"},
           {"nobody: ", "No route to host"},
           {"h3: muster cannot be unpacked", "No space left on device"},
           {"h4: ", "account is currently not available"},
           {"h5: it is a Linux aarch64", "x86_64"}}) {
    CHECK_THAT(started.err, Contains(host) && Contains(words));
  }
  CHECK(hosts.run("h1", {program("muster"), "stop"}).code == 0);
  CHECK(hosts.become_idle());

  const Finished strict =
      hosts.run("h1", over_ssh(hosts, "start", "h2:1,h2:23:1", {"--require-all"}));
  CHECK(strict.code == 1);
  CHECK_THAT(strict.err, Contains("h2:23: ") && Contains("Connection refused"));
  CHECK(hosts.become_idle());
}

TEST_CASE("a controller that hosts can't reach is diagnosed with the flag to use") {
  const Sandbox sandbox;
  const Hosts hosts(sandbox, 2, Hosts::Login::ssh);
  SKIP_WITHOUT(hosts);
  const Finished started =
      hosts.run("h1", over_ssh(hosts, "start", "h2:1", {"--bind", "127.0.0.1"}));
  CHECK(started.code == 1);
  CHECK_THAT(started.err, Contains("h2: no controller answers it at tcp://127.0.0.1:") &&
                              Contains("--bind 10.77.0.1"));
}

TEST_CASE("hosts that can't reach the controller reach it through ssh's tunnel") {
  const Sandbox sandbox;
  const Hosts hosts(sandbox, 3, Hosts::Login::ssh);
  SKIP_WITHOUT(hosts);
  const auto cluster = hosts.start("h1", over_ssh(hosts, "start", "h2:2,h3:1", {"--tunnel"}));
  REQUIRE(cluster->has_said("is running: 3 engines"));
  CHECK_THAT(cluster->out(), Contains("tcp://127.0.0.1:"));
  const Finished here = hosts.run("h1", {program("muster"), "exec", "--", program("word_count")});
  const Finished there = hosts.run("h1", {program("word_count")});
  CHECK(there.code == 0);
  CHECK(ranking(there.out) == ranking(here.out));
  // It is found where it was.
  for (const pid_t pid : sandbox.processes()) {
    if (role_of(pid) == "controller") ::kill(pid, SIGKILL);
  }
  CHECK(eventually([&] {
    const Finished again = hosts.run("h1", {program("muster"), "run", "--all", "--", "hostname"});
    return std::count(again.out.begin(), again.out.end(), '\n') == 3;
  }));
  CHECK(hosts.run("h1", {program("muster"), "stop"}).code == 0);
  CHECK(hosts.become_idle());
}

TEST_CASE("kill -9 of the launcher, of ssh, or of sshd leaves no process on any host") {
  const std::string killed = GENERATE("start", "ssh", "sshd");
  CAPTURE(killed);
  const Sandbox sandbox;
  const Hosts hosts(sandbox, 3, Hosts::Login::ssh);
  SKIP_WITHOUT(hosts);
  const auto cluster = hosts.start("h1", over_ssh(hosts, "start", "h2:2,h3:2"));
  REQUIRE(cluster->has_said("is running: 4 engines"));
  if (killed == "sshd") {
    hosts.run("h2", {"sh", "-c", "kill -9 $(pgrep sshd)"});
  } else {
    for (const pid_t pid : sandbox.processes()) {
      const std::string line = content("/proc/" + std::to_string(pid) + "/cmdline");
      // One of the two: when no host is left the cluster ends by itself.
      const bool ssh = line.starts_with(std::string("ssh\0", 4));
      const bool meant =
          killed == "ssh" ? ssh && line.find("h3") != std::string::npos : role_of(pid) == "start";
      if (meant) ::kill(pid, SIGKILL);
    }
  }
  if (killed != "start") {
    const std::string lost = killed == "ssh" ? "h3: " : "h2: ";
    CHECK(eventually([&] { return cluster->err().find(lost) != std::string::npos; }));
    CHECK(cluster->running());
    CHECK(hosts.run("h1", {program("muster"), "stop"}).code == 0);
  }
  CHECK(hosts.become_idle());
}
