// Nodes that a launcher of one's own starts: a program that runs a line on a "host", here a shell
// script on this one. Needs no rights and no sshd.

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/processes/child.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"
#include "tests/processes/sandbox.hpp"

using Catch::Contains;
using muster::test::Child;
using muster::test::eventually;
using muster::test::Finished;
using muster::test::Gate;
using muster::test::program;
using muster::test::role_of;
using muster::test::Sandbox;

namespace fs = std::filesystem;

namespace {

/// Its cases are hosts; $1 is the host and $2 the line.
fs::path launcher(const Sandbox& sandbox, const std::string& cases) {
  fs::path path = sandbox.path() / "launcher";
  std::ofstream(path) << "#!/bin/sh\ncase $1 in\n" << cases << "\nesac\n";
  fs::permissions(path, fs::perms::owner_all);
  return path;
}

std::vector<std::string> start(const Sandbox& sandbox, const std::string& cases,
                               const std::string& hosts) {
  return {program("muster"),        "start",   "--bind", "127.0.0.1", "--launcher",
          launcher(sandbox, cases), "--hosts", hosts};
}

const std::string good = "good*) exec sh -c \"$2\";;\n";

std::string content(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

fs::path logs(const Sandbox& sandbox) {
  return sandbox.path() / "state/muster/default/default/logs";
}

std::size_t bundles(const Sandbox& sandbox) {
  std::error_code error;
  const fs::directory_iterator entries(sandbox.path() / "cache/muster/bundles", error);
  return error ? 0 : static_cast<std::size_t>(std::distance(entries, fs::directory_iterator()));
}

}  // namespace

TEST_CASE("a launcher of one's own brings nodes up, whatever a login there prints") {
  const Sandbox sandbox;
  Child cluster(
      start(sandbox,
            "noisy) echo Welcome; echo Hello >&2; printf 'no end'; exec sh -c \"$2\";;\n" + good,
            "noisy:2,good:1"),
      sandbox.path() / "outputs");
  REQUIRE(cluster.has_said("is running: 3 engines"));
  const Gate gate(sandbox.path());
  gate.open();
  CHECK(
      muster::test::run({program("patient_client"), gate.path(), "20"}, sandbox.path() / "outputs")
          .code == 0);
  CHECK(bundles(sandbox) == 1);
  CHECK(sandbox.muster({"clean", "--cache"}).code == 0);
  CHECK(bundles(sandbox) == 1);  // it is in use
  CHECK(sandbox.muster({"stop"}).code == 0);
  CHECK_THAT(sandbox.muster({"clean", "--cache", "--dry-run"}).out, Contains("build"));
  CHECK(cluster.wait().err.empty());
  CHECK_THAT(content(logs(sandbox) / "node-noisy.log"),
             Contains("Hello") && Contains(" is process "));
}

TEST_CASE("each host that can't be used is one line that says why, and the others go on") {
  const Sandbox sandbox;
  const fs::path tools = sandbox.path() / "tools";
  fs::create_directory(tools);
  std::ofstream(tools / "uname") << "#!/bin/sh\n[ $1 = -m ] && echo s390x || echo Linux\n";
  fs::permissions(tools / "uname", fs::perms::owner_all);
  const std::string cases = good + "gone) printf '\\033[31mred'; exit 0;;\n" +
                            "away) echo 'no route to host' >&2; exit 1;;\n" +
                            "closed) echo 'This account is currently not available.'; exit 1;;\n" +
                            "other) PATH=" + tools.string() + ":$PATH exec sh -c \"$2\";;\n" +
                            "strict) XDG_CACHE_HOME=/proc/nothing exec sh -c \"$2\";;\n";
  const std::string hosts = "away:1,closed,gone:1,good:1,other:2,strict:1";
  std::vector<std::string> arguments = start(sandbox, cases, hosts);
  arguments.push_back("--daemonize");
  const Finished started = muster::test::run(arguments, sandbox.path() / "outputs");
  INFO(started.err);
  CHECK(started.code == 0);
  CHECK_THAT(started.out, Contains("is running: 1 engine,"));
  CHECK(std::count(started.err.begin(), started.err.end(), '\n') == 5);
  CHECK_THAT(started.err, Contains("away: ") && Contains("no route to host"));
  CHECK_THAT(started.err, Contains("closed: ") && Contains("currently not available"));
  CHECK_THAT(started.err, Contains("gone: it has no shell for muster (exit code 0): ") &&
                              Contains("red\n") && !Contains("\x1b"));
  CHECK_THAT(started.err, Contains("other: it is a Linux s390x"));
  CHECK_THAT(started.err, Contains("strict: ") && Contains("cannot make the directory /proc"));
  CHECK(sandbox.muster({"stop"}).code == 0);
  CHECK(sandbox.processes().empty());

  arguments.push_back("--require-all");
  const Finished strict = muster::test::run(arguments, sandbox.path() / "outputs");
  CHECK(strict.code == 1);
  CHECK(sandbox.becomes_empty());

  const Finished none =
      muster::test::run(start(sandbox, cases, "away:1,closed"), sandbox.path() / "outputs");
  CHECK(none.code == 1);
  CHECK_THAT(none.err, Contains("no host could be used"));
}

TEST_CASE("a host that doesn't answer is given up at --timeout, and the others go on") {
  const Sandbox sandbox;
  std::vector<std::string> arguments =
      start(sandbox, good + "silent) sleep 1000;;\n", "good:2,silent:1");
  // On a busy machine the good host takes some seconds for what it is sent.
  arguments.insert(arguments.end(), {"--timeout", "8", "--daemonize"});
  const Finished started = muster::test::run(arguments, sandbox.path() / "outputs");
  CHECK(started.code == 0);
  CHECK_THAT(started.out, Contains("is running: 2 engines"));
  CHECK_THAT(started.err, Contains("silent: it was not ready after 8 s") && Contains("--timeout"));
  CHECK(sandbox.muster({"stop"}).code == 0);
}

TEST_CASE("kill -9 of a cluster's launcher leaves no process on its hosts") {
  const Sandbox sandbox;
  // What reaches a host isn't what runs there, and is in another group of processes.
  Child cluster(start(sandbox, "far*) setsid -w sh -c \"$2\";;\n", "far1:2,far2:1"),
                sandbox.path() / "outputs");
  REQUIRE(cluster.has_said("is running: 3 engines"));
  cluster.signal(SIGKILL);
  cluster.wait();
  CHECK(sandbox.becomes_empty());
}

TEST_CASE("a host whose node is killed is named, and the others go on") {
  const Sandbox sandbox;
  Child cluster(start(sandbox, good, "good1:2,good2:1"), sandbox.path() / "outputs");
  REQUIRE(cluster.has_said("is running: 3 engines"));
  for (const pid_t pid : sandbox.processes()) {
    const std::string line = content("/proc/" + std::to_string(pid) + "/cmdline");
    if (role_of(pid) == "node" && line.find(std::string("--engines\0002", 11)) != line.npos) {
      ::kill(pid, SIGKILL);
    }
  }
  CHECK(eventually([&] {
    const auto status = nlohmann::json::parse(sandbox.muster({"status", "--json"}).out);
    std::size_t ready = 0;
    for (const auto& engine : status.at("engines"))
      ready += engine.at("state") == "ready" ? 1 : 0;
    return ready == 1;
  }));
  CHECK(sandbox.muster({"stop"}).code == 0);
  CHECK_THAT(
      cluster.wait().err,
      Contains("good1: its node ended (signal 9 (Killed)); its log is") && !Contains("good2"));
}

TEST_CASE("a file of hosts says what a shell does there before muster starts") {
  const Sandbox sandbox;
  const fs::path file = sandbox.path() / "hosts.toml";
  std::ofstream(file)
      << "[[host]]\nname = \"good1\"\nengines = 1\ndirectory = \"" << sandbox.path().string()
      << "\"\n"
      << "environment = { MUSTER_WORD = \"it's $HOME\" }\n"
      << "prologue = \"\"\"\ncat; echo noise\nexport m=1 MUSTER_TWICE=\"$MUSTER_WORD"
         "$MUSTER_WORD\"\nset -- odd\n\"\"\"\n"
      << "[[host]]\nname = \"good2\"\nengines = 1\nprologue = \"false\"\n"
      << "[[host]]\nname = \"good3\"\nengines = 1\nprologue = \"if\"\n"
      << "[[host]]\nname = \"good4\"\ndirectory = \"/no/such\"\n";
  Child cluster(start(sandbox, good, file), sandbox.path() / "outputs");
  REQUIRE(cluster.has_said("is running: 1 engine"));
  CHECK(sandbox.muster({"run", "--", "sh", "-c", "echo $MUSTER_TWICE; pwd"}).out ==
        "it's $HOMEit's $HOME\n" + sandbox.path().string() + "\n");
  CHECK(sandbox.muster({"stop"}).code == 0);
  const Finished finished = cluster.wait();
  CHECK_THAT(finished.err, Contains("good2: its setup ended with exit code 1") &&
                               Contains("good3: its setup failed") &&
                               Contains("good4: its setup failed") && Contains("/no/such"));

  std::ofstream(file) << "[[host]]\nname = \"a\"\nengine = 3\n";
  const Finished refused =
      muster::test::run(start(sandbox, good, file), sandbox.path() / "outputs");
  CHECK(refused.code == 1);
  CHECK_THAT(refused.err, Contains("hosts.toml:3: ") && Contains("did you mean engines?"));
}

TEST_CASE("a cluster whose last host is lost ends, and says so") {
  const Sandbox sandbox;
  Child cluster(start(sandbox, good, "good:1"), sandbox.path() / "outputs");
  REQUIRE(cluster.has_said("is running: 1 engine"));
  for (const pid_t pid : sandbox.processes()) {
    if (role_of(pid) == "node") ::kill(pid, SIGKILL);
  }
  const Finished finished = cluster.wait();
  CHECK(finished.code == 1);
  CHECK_THAT(finished.err, Contains("good: its node ended") && Contains("no host is left"));
  CHECK(sandbox.becomes_empty());
}

TEST_CASE("options about hosts without hosts, and hosts that can't be meant, are refused") {
  const Sandbox sandbox;
  const Finished alone = sandbox.muster({"start", "--launcher", "ssh"});
  CHECK(alone.code == 2);
  CHECK_THAT(alone.err, Contains("--hosts"));
  const Finished odd = sandbox.muster({"start", "--hosts", "a:b:c"});
  CHECK(odd.code != 0);
  CHECK_THAT(odd.err, Contains("HOST:PORT:ENGINES"));
  const Finished missing =
      sandbox.muster({"start", "--bind", "127.0.0.1", "--launcher", "./no-such", "--hosts", "a:1"});
  CHECK(missing.code == 1);
  CHECK_THAT(missing.err, Contains("./no-such"));
  CHECK(sandbox.becomes_empty());
}
