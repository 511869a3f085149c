// What tasks do to the process that runs them, and what becomes of the task, the engine and others.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"

using muster::test::bound;
using muster::test::Cluster;
using muster::test::eventually;

namespace {

namespace fs = std::filesystem;

int square(int value) {
  return value * value;
}

std::size_t print_a_lot(std::size_t lines) {
  const std::string line(999, 'x');
  for (std::size_t i = 0; i < lines; ++i)
    std::fprintf(i % 2 == 0 ? stdout : stderr, "%s\n", line.c_str());
  return lines;
}

/// Both processes return from the function.
bool fork_and_return_twice() {
  return ::fork() == 0;
}

int fork_and_wait() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(5);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

int close_everything() {
  for (int descriptor = 0; descriptor < 1024; ++descriptor)
    ::close(descriptor);
  return 1;
}

/// It ends by itself; what it has broken shows when its value is sent.
int close_sockets_and_return(const std::string& gate) {
  muster::test::note(gate, "run-" + std::to_string(::getpid()));
  for (int descriptor = 3; descriptor < 1024; ++descriptor)
    ::close(descriptor);
  return 1;
}

int leave(int code, bool at_once) {
  if (at_once) ::_exit(code);
  std::exit(code);
}

int overflow_the_stack(int depth) {
  volatile char page[4096];
  page[0] = static_cast<char>(depth);
  return depth < 0 ? 0 : overflow_the_stack(depth + 1) + page[0];
}

int kill_the_parent() {
  ::kill(::getppid(), SIGKILL);
  ::pause();  // a task that returned could still have its value
  return 1;
}

fs::path logs_of(const Cluster& cluster) {
  return cluster.sandbox().path() / "state/muster/default/default/logs";
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<muster::Attempt> attempts_of(const muster::AsyncResult<int>& result) {
  try {
    result.get(bound);
    FAIL("it has a value");
  } catch (const muster::Quarantined& error) {
    return error.attempts();
  }
  return {};
}

}  // namespace

TEST_CASE("a task that prints a lot has its value, and its log doesn't grow without bound") {
  const Cluster cluster(1);
  const muster::Client client;
  const auto view = client.load_balanced_view();
  CHECK(view.apply<print_a_lot>(30'000u).get(bound) == 30'000);
  CHECK(view.apply<square>(7).get(bound) == 49);
  CHECK(eventually([&] {
    std::uintmax_t bytes = 0;
    for (const auto& entry : fs::directory_iterator(logs_of(cluster)))
      bytes += entry.file_size();
    return bytes < 20'000'000;
  }));
}

TEST_CASE("a task that forks has its own value, and its child leaves when the function returns") {
  const Cluster cluster(1);
  const muster::Client client;
  const auto view = client.load_balanced_view();
  CHECK(view.apply<square>(7).get(bound) == 49);
  const std::size_t processes = cluster.sandbox().processes().size();
  CHECK(view.apply<fork_and_wait>().get(bound) == 5);
  for (int i = 0; i < 3; ++i)
    CHECK_FALSE(view.apply<fork_and_return_twice>().get(bound));
  CHECK(view.apply<square>(7).get(bound) == 49);
  CHECK(eventually([&] { return cluster.sandbox().processes().size() == processes; }));
  for (const auto& entry : fs::directory_iterator(logs_of(cluster))) {
    if (!entry.path().filename().string().starts_with("engine")) continue;
    CHECK(text_of(entry.path()).empty());
  }
  CHECK(cluster.status().at("totals").at("crashes") == 0);
}

TEST_CASE("a task that closes all descriptors costs its engine's process and nobody else") {
  const Cluster cluster(1);
  const muster::Client client;
  const auto view = client.load_balanced_view();
  const auto closer = view.with({.max_crashes = 1}).apply<close_everything>();
  CHECK(attempts_of(closer).size() == 1);
  CHECK(view.apply<square>(7).get(bound) == 49);
}

TEST_CASE("a task whose process can't send its outcome is charged with the death") {
  const Cluster cluster(1);
  const muster::test::Gate gate(cluster.sandbox().path());
  const muster::Client client;
  const auto view = client.load_balanced_view();
  for (int i = 0; i < 10; ++i)
    CHECK(attempts_of(view.apply<close_sockets_and_return>(gate.path())).size() == 3);
  CHECK(gate.notes("run-").size() == 30);
}

TEST_CASE("a task that exits, also with 0, is told how, and its engine is filled again") {
  const Cluster cluster(1);
  const muster::Client client;
  const auto view = client.load_balanced_view();
  const auto once = view.with({.max_crashes = 1});
  for (const int code : {0, 3}) {
    for (const bool at_once : {false, true}) {
      CAPTURE(code, at_once);
      const auto attempts = attempts_of(once.apply<leave>(code, at_once));
      REQUIRE(attempts.size() == 1);
      CHECK(attempts.front().exit_code == code);
      CHECK(attempts.front().signal == 0);
    }
  }
  CHECK(view.apply<square>(7).get(bound) == 49);
}

TEST_CASE("a task that overflows its stack is told the signal") {
  const Cluster cluster(1);
  const muster::Client client;
  const auto view = client.load_balanced_view();
  const auto attempts = attempts_of(view.with({.max_crashes = 1}).apply<overflow_the_stack>(0));
  REQUIRE(attempts.size() == 1);
  CHECK(attempts.front().signal == SIGSEGV);
  CHECK(view.apply<square>(7).get(bound) == 49);
}

TEST_CASE("a task that kills its node ends the cluster, with all its processes and every wait") {
  Cluster cluster(2);
  const muster::Client client;
  const auto result = client.load_balanced_view().apply<kill_the_parent>();
  CHECK_THROWS_AS(result.get(bound), muster::ConnectionLost);
  CHECK(cluster.wait().code != 0);
  CHECK(cluster.sandbox().becomes_empty());
}
