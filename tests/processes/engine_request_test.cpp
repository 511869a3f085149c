// Signals to engines' processes, and engines that get another process.

#include <atomic>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"

using namespace muster::test;
using muster::ClusterError;

namespace {

std::atomic<int> signals = 0;

int own_pid() {
  return ::getpid();
}
int wait_for_signal(const std::string& gate, std::stop_token stop) {
  std::signal(SIGUSR1, [](int) { ++signals; });
  note(gate, "ready-" + std::to_string(::getpid()));
  while (signals == 0 && !stop.stop_requested())
    ::poll(nullptr, 0, 2);
  return signals;
}
int pid_behind_gate(const std::string& gate, std::stop_token stop) {
  note(gate, "started-" + std::to_string(::getpid()));
  pass(gate, stop);
  return ::getpid();
}

}  // namespace

TEST_CASE("a signal reaches the processes of the engines that are named, and no others") {
  const Cluster cluster(3);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  REQUIRE(client.wait_for_engines(3, bound).size() == 3);
  auto first = client[{0, 2}].apply<wait_for_signal>(gate.path());
  auto other = client[1].apply<wait_for_signal>(gate.path());
  REQUIRE(gate.has_notes("ready-", 3));
  client.send_signal(SIGUSR1, {0, -1});
  CHECK(first.get(bound) == std::vector{1, 1});
  CHECK_FALSE(other.ready());
  client.send_signal(SIGUSR1);
  CHECK(other.get(bound) == 1);
}

TEST_CASE("a signal that can't be sent is refused, and nobody gets it") {
  const Cluster cluster(1);
  const muster::Client client;
  REQUIRE(client.wait_for_engines(1, bound).size() == 1);
  const int pid = client[0].apply<own_pid>().get(bound);
  CHECK_THROWS_WITH(client.send_signal(SIGKILL, {0, 7}), Catch::Contains("there is no engine 7"));
  CHECK_THROWS_WITH(client.send_signal(0), Catch::Contains("signals have numbers from 1 to 64"));
  CHECK_THROWS_AS(client.send_signal(-9), ClusterError);
  CHECK(client[0].apply<own_pid>().get(bound) == pid);
}

TEST_CASE("a restarted engine keeps its id, what it ran goes on elsewhere and nobody is charged") {
  const Cluster cluster(2);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  REQUIRE(client.wait_for_engines(2, bound).size() == 2);
  const auto view = client.load_balanced_view({.max_crashes = 1});
  const std::vector<int> before = client.all().apply<own_pid>().get(bound);
  client[0].push("x", 1).get(bound);
  auto one = view.apply<pid_behind_gate>(gate.path());
  auto two = view.apply<pid_behind_gate>(gate.path());
  REQUIRE(gate.has_notes("started-", 2));
  auto addressed = client[0].apply<own_pid>();
  // A question may pass it on its way.
  REQUIRE(eventually([&] {
    const auto queues = client.queue_status();
    return queues.engines[0].held + queues.engines[1].held + queues.waiting == 3;
  }));
  client.restart({0});
  // Else what runs there may end, and what is addressed begin, before the process does.
  REQUIRE(eventually([&] {
    const std::vector<pid_t> now = cluster.engines();
    return now.size() == 2 && now[0] != 0 && now[0] != before[0];
  }));
  gate.open();
  // Each of these is for the process that comes.
  const int after = client[0].apply<own_pid>().get(bound);
  CHECK(after != before[0]);
  CHECK_THROWS_AS(addressed.get(bound), muster::EngineLost);
  CHECK_THROWS_AS(client[0].pull<int>("x").get(bound), muster::UnknownName);
  one.get(bound);
  two.get(bound);
  CHECK(client.ids() == std::vector{0, 1});
  CHECK(client[1].apply<own_pid>().get(bound) == before[1]);
  const auto status = cluster.status();
  CHECK(status.at("engines").at(0).at("crashes") == 0);
}

TEST_CASE("all engines can be restarted, again and again, while a map runs, and it loses nothing") {
  const Cluster cluster(2);
  const muster::Client client;
  REQUIRE(client.wait_for_engines(2, bound).size() == 2);
  auto map = client.load_balanced_view({.max_crashes = 1, .chunk = 1})
                 .map(
                     [](int n) {
                       ::poll(nullptr, 0, 2);
                       return n;
                     },
                     std::vector<int>(400, 3));
  int restarts = 0;
  while (!map.ready() && restarts < 5) {
    try {
      client.restart();
      ++restarts;
    } catch (const ClusterError& error) {
      CHECK_THAT(error.what(), Catch::Contains("has no process now, it gets one: try again"));
    }
    map.wait_for(std::chrono::milliseconds(20));
  }
  CHECK(restarts > 0);
  CHECK(map.get(bound) == std::vector<int>(400, 3));
}

TEST_CASE("engines that are shut down stay so, and what they ran goes elsewhere uncharged") {
  Cluster cluster(3);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  REQUIRE(client.wait_for_engines(3, bound).size() == 3);
  const auto view = client.load_balanced_view({.max_crashes = 1});
  std::vector<muster::AsyncResult<int>> running;
  for (int i = 0; i < 3; ++i)
    running.push_back(view.apply<pid_behind_gate>(gate.path()));
  REQUIRE(gate.has_notes("started-", 3));
  auto addressed = client[0].apply<own_pid>();
  CHECK_THROWS_WITH(client.shutdown({0, 9}), Catch::Contains("there is no engine 9"));
  client.shutdown({0, -2});
  CHECK(client.ids() == std::vector{2});
  CHECK_THROWS_AS(addressed.get(bound), muster::EngineLost);
  CHECK_THROWS_WITH(client[0], Catch::Contains("there is no engine 0: the cluster has 2"));
  // Until then they may end what they run.
  REQUIRE(eventually([&] { return cluster.status().at("engines").size() == 1; }));
  gate.open();
  const int survivor = client[2].apply<own_pid>().get(bound);
  for (const auto& result : running)
    CHECK(result.get(bound) == survivor);
  CHECK(cluster.status().at("totals").at("crashes") == 0);

  SECTION("also for a controller that is started again") {
    cluster.kill_controller();
    CHECK(client[2].apply<own_pid>().get(bound) == survivor);
    CHECK(client.ids() == std::vector{2});
    REQUIRE(
        eventually([&] { return cluster.status().at("controller").at("recovering") == false; }));
    CHECK(cluster.status().at("engines").size() == 1);
  }
  SECTION("and when none is left, tasks wait for engines that join, under new ids") {
    client.all().shutdown();
    CHECK(client.ids().empty());
    auto waiting = view.apply<own_pid>();
    Child guests({program("muster"), "engines", "-n", "1"}, cluster.sandbox().path() / "outputs");
    CHECK(waiting.get(bound) > 0);
    CHECK(client.ids() == std::vector{3});
    // It was started for its engine only.
    client[3].shutdown();
    const Finished finished = guests.wait();
    CHECK(finished.code == 0);
    CHECK_THAT(finished.err, Catch::Contains("a client has shut its engines down"));
  }
}

TEST_CASE("a client can end the whole cluster, and the launcher's exit code is that of a stop") {
  Cluster cluster(2);
  const muster::Client client;
  REQUIRE(client.wait_for_engines(2, bound).size() == 2);
  const Gate gate(cluster.sandbox().path());
  auto open = client.load_balanced_view().apply<pid_behind_gate>(gate.path());
  REQUIRE(gate.has_notes("started-", 1));
  client.shutdown(muster::Hub::ends);
  CHECK_THROWS_AS(open.get(bound), muster::ConnectionLost);
  const Finished finished = cluster.wait();
  CHECK(finished.code == 0);
  CHECK(finished.err.empty());
}
