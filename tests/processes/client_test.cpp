// What a client knows of all that it has submitted, and of its engines.

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/muster.hpp>

#include "protocol/connection_file.hpp"
#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/sandbox.hpp"

using namespace std::chrono_literals;
using muster::test::bound;
using muster::test::Gate;

namespace {

int behind_gate(const std::string& gate, int n) {
  muster::test::note(gate, "started-" + std::to_string(n));
  muster::test::pass(gate);
  return n;
}
int obedient(const std::string& gate, int n, std::stop_token stop) {
  muster::test::note(gate, "started-" + std::to_string(n));
  muster::test::pass(gate, stop);
  return n;
}
int square(int n) {
  return n * n;
}
/// Its client is gone before the task has begun.
int by_the_way(const std::string& gate, int n) {
  const auto result =
      muster::Client().load_balanced_view({.key = "way"}).apply<behind_gate>(gate, n);
  muster::test::note(gate, "by-the-way");
  return result.get(bound);
}

}  // namespace

TEST_CASE("a client counts what is outstanding, whichever view it went through, and waits for it") {
  const muster::test::Sandbox sandbox;
  const Gate gate(sandbox.path());
  const muster::Cluster cluster({.engines = 2});
  const muster::Client& client = cluster.client();
  CHECK(client.outstanding() == 0);
  CHECK(client.wait_for(0s));
  const auto alone = client.load_balanced_view().apply<behind_gate>(gate.path(), 0);
  const auto direct = client.all().apply<behind_gate>(gate.path(), 1);
  CHECK(client.outstanding() == 3);
  CHECK_FALSE(client.wait_for(10ms));
  gate.open();
  client.wait();
  CHECK(alone.ready());
  CHECK(direct.ready());
  CHECK(client.outstanding() == 0);
}

TEST_CASE("abort ends all that a client has submitted: what waits, what runs and maps") {
  const muster::test::Sandbox sandbox;
  const Gate gate(sandbox.path());
  const muster::Cluster cluster({.engines = 1});
  const auto view = cluster.load_balanced_view();
  const auto runs = view.apply<obedient>(gate.path(), 0);
  REQUIRE(gate.has_notes("started-0", 1));
  const auto waits = view.apply<square>(3);
  auto map = view.map<square>(std::vector<int>(100, 2));
  const auto after = view.with({.after = {waits}}).apply<square>(4);
  cluster.client().abort();
  REQUIRE(cluster.client().wait_for(bound));
  CHECK_THROWS_AS(runs.get(bound), muster::Cancelled);
  CHECK_THROWS_AS(waits.get(bound), muster::Cancelled);
  CHECK_THROWS_AS(after.get(bound), muster::ClusterError);
  CHECK_THROWS_AS(map.get(bound), muster::CompositeError);
  CHECK(view.apply<square>(5).get(bound) == 25);
}

TEST_CASE("a result keeps its connection when the last client and view have gone") {
  const bool kept = GENERATE(false, true);
  const muster::test::Cluster cluster(1);
  const Gate gate(cluster.sandbox().path());
  const muster::AsyncResult<int> result = [&] {
    const muster::Client client;
    if (kept) client.session();
    return client.load_balanced_view().apply<behind_gate>(gate.path(), 7);
  }();
  CHECK_FALSE(result.ready());
  CHECK_THROWS_AS(result.get(1ms), muster::TimedOut);
  gate.open();
  CHECK(result.get(bound) == 7);
}

TEST_CASE("a connection ends when the last result that is still to come is dropped") {
  const muster::test::Cluster cluster(1);
  const Gate gate(cluster.sandbox().path());
  const muster::Client other;
  std::optional<muster::Session> session;
  std::optional<muster::AsyncResult<int>> result;
  {
    const muster::Client client;
    session = client.session();
    result = client.load_balanced_view().apply<behind_gate>(gate.path(), 7);
  }
  const muster::TaskId id = result->id();
  REQUIRE(gate.has_notes("started", 1));
  CHECK(other.attach(*session).connected());
  result.reset();
  CHECK(muster::test::eventually([&] { return !other.attach(*session).connected(); }));
  gate.open();
  CHECK(other.get_result<int>(id).get(bound) == 7);
}

TEST_CASE("a task gets the result of a named task whose client it has let go") {
  const muster::test::Cluster cluster(2);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  const auto result = client.load_balanced_view().apply<by_the_way>(gate.path(), 7);
  REQUIRE(gate.has_notes("by-the-way", 1));
  gate.open();
  CHECK(result.get(bound) == 7);
}

TEST_CASE("a client waits for engines that come later, and says when too few have come") {
  const muster::test::Cluster cluster(1);
  const muster::Client client;
  CHECK(client.wait_for_engines(1) == std::vector{0});
  CHECK_THROWS_AS(client.wait_for_engines(2, 20ms), muster::TimedOut);
  CHECK_THROWS_WITH(
      client.wait_for_engines(2, 20ms),
      Catch::Contains("after 20 ms there are only 1 of the 2 engines that were waited for"));
  muster::test::Child guest({muster::test::program("muster"), "engines", "-n", "2"},
                            cluster.sandbox().path() / "outputs");
  CHECK(client.wait_for_engines(3, bound) == std::vector{0, 1, 2});
  guest.signal(SIGTERM);
  guest.wait();
}

TEST_CASE("who waits for some engines of a cluster that is just starting still finds them all") {
  const muster::Cluster cluster({.engines = 3});
  CHECK_FALSE(cluster.client().wait_for_engines(1, bound).empty());
  CHECK(cluster.ids() == std::vector{0, 1, 2});
}

TEST_CASE("a connection file with addresses that can't be used is refused by its name") {
  muster::test::Cluster cluster(1);
  const std::filesystem::path copy = cluster.sandbox().path() / "copy.json";
  for (const std::string& address : {std::string("rubbish"), std::string("tcp://127.0.0.1:9")}) {
    muster::wire::ConnectionFile file = cluster.file();
    file.client_endpoint = address;
    muster::wire::write_connection_file(copy, file);
    CHECK_THROWS_AS(muster::Client({.file = copy, .wait = 0s}), muster::ClusterError);
    CHECK_THROWS_WITH(muster::Client({.file = copy, .wait = 0s}),
                      Catch::Contains("copy.json") && Catch::Contains("can't be used"));
  }
}

TEST_CASE("who waits for engines is told at once when some that were there leave") {
  const muster::test::Cluster cluster(1);
  const muster::Client client;
  const std::jthread guests([&] {
    muster::test::Child guest({muster::test::program("muster"), "engines", "-n", "2"},
                              cluster.sandbox().path() / "outputs");
    muster::Client().wait_for_engines(3, bound);
    guest.signal(SIGTERM);
    guest.wait();
  });
  try {
    client.wait_for_engines(4, bound);
    FAIL("there never were four engines");
  } catch (const muster::EngineLost& left) {
    CHECK_THAT(left.what(), Catch::Contains("have left, engine"));
  }
}

TEST_CASE("who waits for engines or results of a cluster that ends is told at once") {
  muster::test::Cluster cluster(1);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  const auto task = client.load_balanced_view().apply<behind_gate>(gate.path(), 0);
  REQUIRE(gate.has_notes("started-0", 1));
  cluster.stop();
  CHECK_THROWS_AS(client.wait_for_engines(2, bound), muster::ConnectionLost);
  CHECK(client.wait_for(bound));
  CHECK_THROWS_AS(task.get(bound), muster::ConnectionLost);
}
