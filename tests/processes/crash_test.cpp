// Engines' processes die while they work.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"

using muster::AsyncResult;
using muster::test::bound;
using muster::test::Cluster;
using muster::test::eventually;
using muster::test::Gate;

namespace {

int behind_gate(const std::string& gate, int value) {
  muster::test::note(gate, "started-" + std::to_string(value) + "-" + std::to_string(::getpid()));
  muster::test::pass(gate);
  return value;
}

int identity(int value) {
  return value;
}

int segfault() {
  std::fputs("about to follow a bad pointer\n", stderr);
  std::signal(SIGSEGV, SIG_DFL);  // a sanitizer would turn it into an exit code
  return ::raise(SIGSEGV);
}

int leave_with(int code) {
  std::exit(code);
}

int segfault_the_first_time(muster::Context& context) {
  if (context.attempt() == 1) segfault();
  return context.attempt();
}

/// What a task has noted: its number and the process that ran it.
int value_in(const std::string& note) {
  return std::stoi(note.substr(note.find('-') + 1));
}
pid_t pid_in(const std::string& note) {
  return std::stoi(note.substr(note.rfind('-') + 1));
}

/// The attempts of a task that ends Quarantined.
template <class T>
std::vector<muster::Attempt> attempts_of_quarantined(const AsyncResult<T>& result) {
  try {
    result.get(bound);
    FAIL("it has ended with a value");
  } catch (const muster::Quarantined& error) {
    return error.attempts();
  }
  return {};
}

}  // namespace

TEST_CASE("kill -9 of an engine's process charges the task that ran and moves the others") {
  Cluster cluster(2, {"--hwm", "4"});
  muster::Client client;
  const auto view = client.load_balanced_view();
  Gate gate(cluster.sandbox().path());
  std::vector<AsyncResult<int>> results;
  for (int i = 0; i < 12; ++i)
    results.push_back(view.apply<behind_gate>(gate.path(), i));
  REQUIRE(gate.has_notes("started-", 2));
  const std::string victim = gate.notes("started-").front();
  REQUIRE(::kill(pid_in(victim), SIGKILL) == 0);
  gate.open();

  std::set<int> engines;
  for (int i = 0; i < 12; ++i) {
    CAPTURE(i);
    CHECK(results[i].get(bound) == i);
    CHECK(results[i].info().attempts == (i == value_in(victim) ? 2 : 1));
    CHECK(results[i].info().pid != pid_in(victim));
    engines.insert(results[i].info().engine);
  }
  for (const int engine : engines)
    CHECK((engine == 0 || engine == 1));
  // The engine is filled again under its old id.
  CHECK(eventually([&] {
    const auto status = cluster.status();
    const auto& both = status.at("engines");
    return both.size() == 2 && both.at(0).at("state") == "ready" &&
           both.at(1).at("state") == "ready" &&
           both.at(0).at("crashes").get<int>() + both.at(1).at("crashes").get<int>() == 1 &&
           both.at(0).at("pid") != pid_in(victim) && both.at(1).at("pid") != pid_in(victim);
  }));
}

TEST_CASE("a task that crashes three times is quarantined and its neighbours aren't charged") {
  Cluster cluster(1, {"--hwm", "8"});
  muster::Client client;
  const auto view = client.load_balanced_view();
  const auto bad = view.apply<segfault>();
  std::vector<AsyncResult<int>> neighbours;
  for (int i = 0; i < 20; ++i)
    neighbours.push_back(view.apply<identity>(i));

  const auto attempts = attempts_of_quarantined(bad);
  REQUIRE(attempts.size() == 3);
  std::set<std::int64_t> pids;
  const std::string host = cluster.status().at("engines").at(0).at("host");
  for (const muster::Attempt& attempt : attempts) {
    CHECK(attempt.engine == 0);
    CHECK(attempt.host == host);
    CHECK(attempt.signal == SIGSEGV);
    CHECK(attempt.exit_code == -1);
    CHECK_THAT(attempt.text, Catch::Contains("about to follow a bad pointer"));
    pids.insert(attempt.pid);
  }
  CHECK(pids.size() == 3);
  for (int i = 0; i < 20; ++i) {
    CAPTURE(i);
    CHECK(neighbours[i].get(bound) == i);
    CHECK(neighbours[i].info().attempts == 1);
  }
}

TEST_CASE("a task that ends its process by exit is charged like a crash, with the exit code") {
  Cluster cluster(2);
  muster::Client client;
  const auto view = client.load_balanced_view();
  for (const int code : {0, 3}) {
    const auto attempts =
        attempts_of_quarantined(view.with({.max_crashes = 2}).apply<leave_with>(code));
    REQUIRE(attempts.size() == 2);
    for (const muster::Attempt& attempt : attempts) {
      CHECK(attempt.exit_code == code);
      CHECK(attempt.signal == 0);
    }
  }
  CHECK(view.apply<identity>(5).get(bound) == 5);
}

TEST_CASE("a task that crashes once runs again and knows that it is its second attempt") {
  Cluster cluster(2);
  muster::Client client;
  const auto result = client.load_balanced_view().apply<segfault_the_first_time>();
  CHECK(result.get(bound) == 2);
  CHECK(result.info().attempts == 2);
}

TEST_CASE("engines that are killed again and again lose no task") {
  Cluster cluster(2);
  muster::Client client;
  const auto view = client.load_balanced_view().with({.max_crashes = 100});
  std::vector<AsyncResult<int>> results;
  for (int i = 0; i < 400; ++i) {
    results.push_back(view.apply<identity>(i));
    if (i % 100 != 50) continue;
    results.back().wait_for(bound);
    for (const pid_t pid : cluster.engines()) {
      if (pid > 0) ::kill(pid, SIGKILL);
    }
  }
  for (int i = 0; i < 400; ++i) {
    CAPTURE(i);
    CHECK(results[i].get(bound) == i);
  }
}
