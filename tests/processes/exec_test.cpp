// muster exec: a program with a cluster of its own.

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/processes/child.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"
#include "tests/processes/sandbox.hpp"

using Catch::Contains;
using muster::test::Child;
using muster::test::eventually;
using muster::test::Finished;
using muster::test::program;
using muster::test::role_of;
using muster::test::Sandbox;

namespace fs = std::filesystem;

namespace {

Finished run_shell(const Sandbox& sandbox, const std::string& script) {
  return muster::test::run({"/bin/sh", "-c", script}, sandbox.path() / "outputs",
                           {{"MUSTER", program("muster")}});
}

/// Nothing but the directories above the clusters' own.
bool no_cluster_left(const Sandbox& sandbox) {
  for (const auto& entry : fs::recursive_directory_iterator(sandbox.path() / "state")) {
    if (entry.path().filename().string().starts_with("exec-")) return false;
  }
  return true;
}

/// A program that notes signals and what it has begun beside itself, under `exec`.
std::vector<std::string> with_cluster(const fs::path& note) {
  return {program("muster"),
          "exec",
          "-n",
          "1",
          "--",
          "/bin/sh",
          "-c",
          "trap 'exit 3' TERM; sleep 1000 & echo begun; touch " + note.string() +
              "; while :; do wait; done"};
}

}  // namespace

TEST_CASE("exec runs a program with a cluster of its own, and nothing of it stays") {
  const Sandbox sandbox;
  const muster::test::Gate gate(sandbox.path());
  gate.open();
  const Finished finished =
      sandbox.muster({"exec", "-n", "2", "--", program("patient_client"), gate.path(), "10"});
  INFO(finished.err);
  CHECK(finished.code == 0);
  CHECK(finished.err.empty());
  CHECK_THAT(finished.out, Contains("10 results"));
  CHECK(sandbox.processes().empty());
  CHECK(no_cluster_left(sandbox));
}

TEST_CASE("exec leaves a program its input, and gives its exit code or 128 + its signal") {
  const Sandbox sandbox;
  const Finished echo =
      run_shell(sandbox, "echo words | $MUSTER exec -n 1 -- sh -c 'cat; cat >&2; exit 7'");
  CHECK(echo.code == 7);
  CHECK(echo.out == "words\n");
  CHECK(echo.err.empty());
  CHECK(run_shell(sandbox, "$MUSTER exec -n 1 -- sh -c 'kill -USR2 $$'").code == 128 + SIGUSR2);
  CHECK(run_shell(sandbox, "$MUSTER exec -n 0 -- true").code == 0);
}

TEST_CASE("two programs under exec have two clusters, and commands find each one's own") {
  const Sandbox sandbox;
  const Finished finished =
      run_shell(sandbox,
                "$MUSTER exec -n 1 -- sh -c '$MUSTER status; "
                "$MUSTER exec -n 1 -- sh -c \"\\$MUSTER status; \\$MUSTER list --format json\"'");
  INFO(finished.err);
  CHECK(finished.code == 0);
  const std::size_t first = finished.out.find("cluster 'exec-");
  const std::size_t second = finished.out.find("cluster 'exec-", first + 1);
  REQUIRE(second != std::string::npos);
  CHECK(finished.out.substr(first, 24) != finished.out.substr(second, 24));
}

TEST_CASE("exec says what it can't run before it starts anything") {
  const Sandbox sandbox;
  const Finished missing = sandbox.muster({"exec", "--", "no-such-program"});
  CHECK(missing.code == 127);
  CHECK_THAT(missing.err, Contains("'no-such-program'"));
  const fs::path text = sandbox.path() / "text";
  std::ofstream(text) << "no program\n";
  CHECK(sandbox.muster({"exec", "--", text}).code == 126);
  CHECK(fs::is_empty(sandbox.path() / "state"));
  fs::permissions(text, fs::perms::owner_all);
  CHECK(sandbox.muster({"exec", "-n", "1", "--", text}).code == 126);
  const Finished usage = sandbox.muster({"exec", "-n", "1"});
  CHECK(usage.code == 2);
  CHECK_THAT(usage.err, Contains("muster exec -n 8 -- ./my_program"));
  const Finished dashes = sandbox.muster({"exec", "-n", "1", "ls", "-l"});
  CHECK(dashes.code == 2);
  CHECK_THAT(dashes.err, Contains("muster exec -n 1 -- ls -l"));
  const Finished refused = sandbox.muster({"exec", "--bind", "nowhere.invalid", "--", "true"});
  CHECK(refused.code == 125);
  CHECK_THAT(refused.err, Contains("nowhere.invalid"));
}

TEST_CASE("signals to exec reach the program") {
  const Sandbox sandbox;
  Child exec(with_cluster(sandbox.path() / "note"), sandbox.path() / "outputs");
  REQUIRE(exec.has_said("begun"));
  exec.signal(SIGTERM);
  CHECK(exec.wait().code == 3);
  CHECK(sandbox.becomes_empty());
  CHECK(no_cluster_left(sandbox));
}

TEST_CASE("Ctrl-C reaches the program once, and exec waits for what it makes of it") {
  const Sandbox sandbox;
  const Finished finished = run_shell(
      sandbox,
      "cd " + sandbox.path().string() +
          "; { until [ -e begun ]; do sleep 0.1; done; printf '\\003'; "
          "until [ -e ended ]; do sleep 0.1; done; } | SHELL=/bin/sh script -qec \""
          // A shell that waited for it would be interrupted too, and say so instead of it.
          "exec $MUSTER exec -n 1 -- /bin/sh -c '"
          "trap \\\"echo interrupted; sleep 0.5; touch ended; exit 5\\\" INT; touch begun; "
          "while :; do sleep 0.1; done'\" /dev/null");
  INFO(finished.out << finished.err);
  CHECK(finished.code == 5);
  const std::size_t first = finished.out.find("interrupted");
  REQUIRE(first != std::string::npos);
  CHECK(finished.out.find("interrupted", first + 1) == std::string::npos);
}

TEST_CASE("kill -9 of exec, or of its launcher, leaves no process") {
  const bool outer = GENERATE(true, false);
  CAPTURE(outer);
  const Sandbox sandbox;
  Child exec(with_cluster(sandbox.path() / "note"), sandbox.path() / "outputs");
  REQUIRE(exec.has_said("begun"));
  for (const pid_t pid : sandbox.processes()) {
    if (role_of(pid) == "exec" && (pid == exec.pid()) == outer) ::kill(pid, SIGKILL);
  }
  const Finished finished = exec.wait();
  CHECK(sandbox.becomes_empty());
  if (outer) {
    CHECK(no_cluster_left(sandbox));
  } else {
    CHECK(finished.code == 125);
    CHECK_THAT(finished.err, Contains("killed"));
  }
}
