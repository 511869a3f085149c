// Many threads of one program wait at the same time: one of them looks after the socket for all.

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"

using namespace std::chrono_literals;
using muster::AsyncResult;
using muster::test::bound;
using muster::test::Cluster;
using muster::test::eventually;
using muster::test::Gate;

namespace {

int successor(int n) {
  return n + 1;
}

int behind_gate(const std::string& gate, const std::string& name) {
  muster::test::note(gate, name);
  muster::test::pass(gate);
  return 1;
}

/// How often the thread that a connection has of its own went to sleep.
long sleeps_of_connection_threads() {
  long sleeps = 0;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(thread.path() / "comm"), name);
    if (name != "muster-client") continue;
    std::ifstream status(thread.path() / "status");
    for (std::string line; std::getline(status, line);) {
      const std::string field = "voluntary_ctxt_switches:";
      if (line.starts_with(field)) sleeps += std::stol(line.substr(field.size()));
    }
  }
  return sleeps;
}

/// Values of the tasks that a thread has submitted and waited for in one way or another.
int work(const muster::LoadBalancedView& view, int thread) {
  int wrong = 0;
  for (int i = 0; i < 40; ++i) {
    const int n = 1000 * thread + i;
    if (view.apply<successor>(n).get() != n + 1) ++wrong;
    const auto impatient = view.apply<successor>(n);
    while (!impatient.wait_for(100us)) {
    }
    if (impatient.get() != n + 1) ++wrong;
    const auto unwanted = view.apply<successor>(n);
    unwanted.cancel();
    unwanted.wait();
    std::vector<int> inputs(20);
    std::iota(inputs.begin(), inputs.end(), n);
    int expected = n;
    for (const int value : view.map<successor>(inputs)) {
      if (value != ++expected) ++wrong;
    }
  }
  return wrong;
}

}  // namespace

TEST_CASE("threads that apply, get, map and cancel on one client each get their own values") {
  Cluster cluster(2);
  muster::Client client;
  const auto view = client.load_balanced_view();
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread)
      threads.emplace_back([&, thread] { wrong += work(view, thread); });
  }
  CHECK(wrong == 0);
}

TEST_CASE("several threads may wait for the same task") {
  Cluster cluster(1);
  muster::Client client;
  Gate gate(cluster.sandbox().path());
  const auto result = client.load_balanced_view().apply<behind_gate>(gate.path(), "running");
  std::atomic<int> sum = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread)
      threads.emplace_back([&] { sum += result.get(); });
    REQUIRE(gate.has_notes("running", 1));
    gate.open();
  }
  CHECK(sum == 4);
}

TEST_CASE("a task is sent and taken back while another thread waits for one that takes long") {
  Cluster cluster(2, {"--hwm", "1"});
  muster::Client client;
  const auto view = client.load_balanced_view();
  Gate gate(cluster.sandbox().path());
  const auto longer = view.apply<behind_gate>(gate.path(), "running");
  std::jthread waiting([&] { longer.wait(); });
  REQUIRE(gate.has_notes("running", 1));
  for (int i = 0; i < 20; ++i) {
    const auto result = view.apply<successor>(i);
    // Without a wait of this thread's own, so that only the other one can have taken it.
    CHECK(eventually([&] { return result.ready(); }));
  }
  CHECK_FALSE(longer.ready());
  gate.open();
}

TEST_CASE("a result arrives although nobody waits for it") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  for (int i = 0; i < 20; ++i) {
    const auto first = view.apply<successor>(i);
    const auto second = view.apply<successor>(i);
    CHECK(first.get() == i + 1);  // and goes, with the second one open
    REQUIRE(eventually([&] { return second.ready(); }));
  }
}

TEST_CASE("of a burst that nobody waits for, each result arrives") {
  Cluster cluster(2);
  muster::Client client;
  const auto view = client.load_balanced_view();
  for (const int count : {1, 20, 63, 64, 65, 1000}) {
    std::vector<AsyncResult<int>> results;
    for (int i = 0; i < count; ++i)
      results.push_back(view.apply<successor>(i));
    for (const auto& result : results)
      REQUIRE(eventually([&] { return result.ready(); }));
    CHECK(results.back().get() == count);
  }
}

TEST_CASE("a thread whose patience ends leaves the waiting to another one") {
  Cluster cluster(1);
  muster::Client client;
  Gate gate(cluster.sandbox().path());
  const auto result = client.load_balanced_view().apply<behind_gate>(gate.path(), "running");
  REQUIRE(gate.has_notes("running", 1));
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&] {
      while (!result.wait_for(1ms)) {
      }
    });
  }
  std::jthread patient([&] { result.wait(); });
  gate.open();
  CHECK(result.get(bound) == 1);
}

TEST_CASE("the client may go while a thread waits for a result of it") {
  Cluster cluster(1);
  std::optional<muster::Client> client(std::in_place);
  Gate gate(cluster.sandbox().path());
  const auto result = client->load_balanced_view().apply<behind_gate>(gate.path(), "running");
  std::atomic<int> value = 0;
  std::jthread waiting([&] { value = result.get(); });
  REQUIRE(gate.has_notes("running", 1));
  std::jthread opening([&] { gate.open(); });
  client.reset();  // waits for what is open
  waiting.join();
  CHECK(value == 1);
}

TEST_CASE("a thread that gets one result after the other wakes no other thread of the client",
          "[wire]") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  constexpr int rounds = 500;
  REQUIRE(view.apply<successor>(1).get() == 2);
  const long before = sleeps_of_connection_threads();
  REQUIRE(before > 0);
  for (int i = 0; i < rounds; ++i)
    REQUIRE(view.apply<successor>(i).get() == i + 1);
  // It has its heartbeats to send, once a second.
  CHECK(sleeps_of_connection_threads() - before < rounds / 5);
}
