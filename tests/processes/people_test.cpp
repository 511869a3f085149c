// What people do to their programs and machines, as they do it.

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <pty.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"

using namespace muster::test;

namespace {

namespace fs = std::filesystem;

int square(int value) {
  return value * value;
}

/// The letter by which /proc calls what the process does: T for stopped.
char state_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto name_end = text.rfind(')');
  return name_end == std::string::npos ? '?' : text[name_end + 2];
}

/// A terminal with a program in it, as its only session.
class Terminal {
 public:
  explicit Terminal(std::vector<std::string> arguments) {
    std::vector<char*> pointers;
    for (std::string& argument : arguments)
      pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    pid_ = ::forkpty(&screen_, nullptr, nullptr, nullptr);
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::execv(pointers[0], pointers.data());
      ::_exit(127);
    }
  }
  ~Terminal() { close(); }

  /// Until it shows this text.
  bool shows(const std::string& text) {
    std::string shown;
    char bytes[512];
    for (ssize_t count; (count = ::read(screen_, bytes, sizeof bytes)) > 0;) {
      shown.append(bytes, static_cast<std::size_t>(count));
      if (shown.find(text) != std::string::npos) return true;
    }
    return false;
  }
  void close() {
    if (screen_ >= 0) ::close(screen_);
    screen_ = -1;
  }
  /// The exit code; -1 for a signal.
  int wait() const {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  int screen_ = -1;
  pid_t pid_ = -1;
};

}  // namespace

TEST_CASE("Ctrl-C in a map of a program with its own cluster leaves no process") {
  const Sandbox sandbox;
  const Gate gate(sandbox.path());
  const Child program({muster::test::program("person"), "embedded-map", gate.path()},
                      sandbox.path() / "outputs");
  REQUIRE(gate.has_notes("started-", 2));
  program.signal(SIGINT);
  CHECK(sandbox.becomes_empty());
}

TEST_CASE("Ctrl-C in a map drops its tasks, and the cluster serves others") {
  const Cluster cluster(2);
  const Gate gate(cluster.sandbox().path());
  Child program({muster::test::program("person"), "client-map", gate.path()},
                cluster.sandbox().path() / "outputs");
  REQUIRE(gate.has_notes("started-", 2));
  program.signal(SIGINT);
  CHECK(program.wait().signal == SIGINT);
  CHECK(eventually([&] {
    const nlohmann::json status = cluster.status();
    return status.at("clients").empty() && status.at("queue").at("held") == 0;
  }));
  const muster::Client client;
  CHECK(client.load_balanced_view().apply<square>(7).get(bound) == 49);
  CHECK(cluster.status().at("totals").at("crashes") == 0);
}

TEST_CASE("closing the terminal ends a cluster in its foreground, with all it has") {
  const Sandbox sandbox;
  Terminal terminal({program("muster"), "start", "-n", "2"});
  REQUIRE(terminal.shows("is running"));
  REQUIRE(sandbox.muster({"status"}).code == 0);
  terminal.close();
  CHECK(terminal.wait() == 0);
  CHECK(sandbox.becomes_empty());
  CHECK_FALSE(fs::exists(sandbox.path() / "state/muster/default/default/connection.json"));
}

TEST_CASE("closing the terminal leaves a cluster in the background alone") {
  const Sandbox sandbox;
  Terminal terminal({program("muster"), "start", "-n", "1", "--daemonize"});
  REQUIRE(terminal.shows("is running"));
  CHECK(terminal.wait() == 0);
  terminal.close();
  const muster::Client client;
  CHECK(client.load_balanced_view().apply<square>(7).get(bound) == 49);
  CHECK(sandbox.muster({"stop"}).code == 0);
}

TEST_CASE("a laptop that was suspended goes on where it was") {
  const Cluster cluster(2);
  const Gate gate(cluster.sandbox().path());
  Child program({muster::test::program("patient_client"), gate.path(), "20"},
                cluster.sandbox().path() / "outputs");
  REQUIRE(gate.has_notes("started-", 2));
  const std::vector<pid_t> all = cluster.sandbox().processes();
  const auto to_all = [&](int signal) {
    for (const pid_t pid : all)
      ::kill(pid, signal);
  };
  to_all(SIGSTOP);
  CHECK(eventually([&] {
    return std::all_of(all.begin(), all.end(), [](pid_t pid) { return state_of(pid) == 'T'; });
  }));
  gate.open();
  to_all(SIGCONT);
  const Finished end = program.wait();
  CHECK(end.code == 0);
  const nlohmann::json totals = cluster.status().at("totals");
  CHECK(totals.at("completed") == 20);
  CHECK(totals.at("crashes") == 0);
}

TEST_CASE("a program may have more than a thousand files open") {
  const Sandbox sandbox;
  const Finished end =
      run({"/usr/bin/prlimit", "--nofile=4096:4096", program("person"), "many-files"},
          sandbox.path() / "outputs");
  INFO(end.err);
  CHECK(end.code == 0);
  CHECK(end.out == "49\n");
}

TEST_CASE("a start that may not open enough files says so, and leaves nothing") {
  const Sandbox sandbox;
  const Finished end = run({"/usr/bin/prlimit", "--nofile=24:24", program("muster"), "start", "-n",
                            "8", "--timeout", "20"},
                           sandbox.path() / "outputs");
  CHECK(end.code > 0);
  CHECK_THAT(end.err, Catch::Contains("open files"));
  CHECK(sandbox.becomes_empty());
  CHECK(sandbox.muster({"start", "-n", "1", "--daemonize"}).code == 0);
  CHECK(sandbox.muster({"stop"}).code == 0);
}

TEST_CASE("a task may run its own program, which is a client and no engine") {
  const Cluster cluster(2);
  const Finished end = run({program("person"), "nested"}, cluster.sandbox().path() / "outputs");
  INFO(end.err);
  CHECK(end.code == 0);
  const fs::path logs = cluster.sandbox().path() / "state/muster/default/default/logs";
  bool said = false;
  for (const auto& log : fs::directory_iterator(logs)) {
    std::ifstream file(log.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (text.find("inner 49\n") != std::string::npos) said = true;
  }
  CHECK(said);
}

TEST_CASE("a program that collects every child doesn't disturb its cluster") {
  const Sandbox sandbox;
  const Finished end = run({program("person"), "reaper"}, sandbox.path() / "outputs");
  INFO(end.err);
  CHECK(end.code == 0);
  CHECK(end.out == "2472\n");  // the second attempt, and the sum of twenty squares
}

TEST_CASE("a cluster that is a global object is made once, and not by its engines") {
  const Sandbox sandbox;
  Child program({muster::test::program("global_cluster")}, sandbox.path() / "outputs");
  REQUIRE(program.has_said("42"));
  CHECK(sandbox.processes().size() == 3);
  program.signal(SIGTERM);
  program.wait();
  CHECK(sandbox.becomes_empty());
}
