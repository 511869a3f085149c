// Locks, counters and queues of a cluster (rule 36).

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <msgpack.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"

using namespace std::chrono_literals;
using Catch::Contains;
using muster::test::bound;
using muster::test::Cluster;
using muster::test::eventually;
using muster::test::Gate;

namespace {

struct Found {
  int place = 0;
  std::string what;
  MSGPACK_DEFINE(place, what)
};

/// Not by one step: who comes in between loses something.
std::int64_t count_in_file(int, const std::string& path) {
  muster::Client client;
  const auto held = client.lock("the file").acquire();
  int count = 0;
  std::ifstream(path) >> count;
  std::this_thread::yield();
  std::ofstream(path) << count + 1;
  return held.fence();
}

int find_some(int place) {
  static const muster::Client client;
  const auto queue = client.queue<Found>("found");
  for (int i = 0; i < 3; ++i)
    queue.put({place, std::to_string(i)});
  client.counter("items").add();
  return 0;
}

int hold_for_ever(const std::string& gate) {
  muster::Client client;
  const auto held = client.lock("table").acquire();
  muster::test::note(gate, "holds-" + std::to_string(held.fence()));
  muster::test::pass(gate + "-never");
  for (;;)
    ::pause();
}

}  // namespace

TEST_CASE("a lock lets in one task at a time, on whichever engine, each with a larger number") {
  const Cluster cluster(3);
  const muster::Client client;
  const std::string path = cluster.sandbox().path() / "count";
  std::vector<int> xs(60);
  const auto numbers = client.load_balanced_view().map<count_in_file>(xs, muster::same(path)).get();
  int count = 0;
  std::ifstream(path) >> count;
  CHECK(count == 60);
  const std::set<std::int64_t> different(numbers.begin(), numbers.end());
  CHECK(different.size() == 60);
  CHECK(*different.begin() == 1);
  CHECK(*different.rbegin() == 60);
}

TEST_CASE("waiting for a lock, a queue's item or its room has an end when one is given") {
  const Cluster cluster(1);
  const muster::Client client;
  const muster::Client other;
  auto held = client.lock("table").acquire();
  CHECK(held.is_held());
  CHECK_FALSE(held.stop_token().stop_requested());
  CHECK_FALSE(other.lock("table").try_acquire());
  CHECK_FALSE(other.lock("table").acquire_for(20ms));
  held.release();
  held.release();  // it is gone already
  {
    const auto now_other = other.lock("table").try_acquire();
    REQUIRE(now_other);
    CHECK(now_other->fence() == 2);  // who gave up is no longer in the row
    CHECK_FALSE(client.lock("table").try_acquire());
  }
  CHECK(client.lock("table").try_acquire());

  const auto queue = client.queue<int>("numbers", {.max_size = 2});
  CHECK(queue.empty());
  CHECK_FALSE(queue.try_get());
  CHECK_FALSE(queue.get_for(20ms));
  queue.put(1);
  queue.put(2);
  CHECK_FALSE(queue.try_put(3));
  CHECK_FALSE(queue.put_for(3, 20ms));
  CHECK(queue.size() == 2);
  CHECK(other.queue<int>("numbers").get() == 1);
  CHECK(queue.try_put(3));
  CHECK(other.queue<int>("numbers").get() == 2);
  CHECK(other.queue<int>("numbers").get() == 3);
}

TEST_CASE("what is wished of a name that is something else's is refused, and says why") {
  const Cluster cluster(1);
  const muster::Client client;
  const auto held = client.lock("a").acquire();
  CHECK_THROWS_WITH(client.counter("a").add(), Contains("'a' is the name of a lock"));
  CHECK_THROWS_WITH(client.queue<int>("a").put(1), Contains("'a' is the name of a lock"));
  client.queue<int>("b").put(1);
  CHECK_THROWS_WITH(client.queue<std::string>("b").get(),
                    Contains("another type: int, not std::string"));
  CHECK(client.counter("c").add(INT64_MAX) == INT64_MAX);
  CHECK_THROWS_WITH(client.counter("c").add(), Contains("64 bits"));
  CHECK(client.counter("c").exchange(-3) == INT64_MAX);
  CHECK(client.counter("c").get() == -3);
  CHECK_THROWS_AS(client.queue<std::string>("d").put(std::string(70'000, 'x')), muster::TooLarge);
  CHECK_THROWS_WITH(client.counter("").add(), Contains("1 to 200 bytes"));
  CHECK_THROWS_WITH(client.counter(std::string(201, 'n')).add(), Contains("1 to 200 bytes"));
}

TEST_CASE("status shows who has a lock, who waits for it, and what queues have") {
  const Cluster cluster(1);
  const muster::Client client;
  client.counter("hits").add();
  client.queue<int>("numbers").put(1);
  auto held = client.lock("table").acquire();
  std::thread waits([] {
    const muster::Client other;
    const auto mine = other.lock("table").acquire();
  });
  CHECK(eventually(
      [&] { return cluster.status().at("commons").at("locks").at(0).at("waiting") == 1; }));
  const std::string pid = std::to_string(::getpid());
  const std::string text = cluster.sandbox().muster({"status"}).out;
  CHECK_THAT(text, Contains("lock    table, held by process " + pid) && Contains(", 1 wait"));
  CHECK_THAT(text, Contains("queue   numbers, 1 item"));
  held.release();
  waits.join();
}

TEST_CASE("a lock of a process that is killed goes to who waits for it, with a larger number") {
  const Cluster cluster(2);
  const muster::Client client;
  const Gate gate(cluster.sandbox().path());
  const auto holder = client[0].apply<hold_for_ever>(gate.path());
  REQUIRE(gate.has_notes("holds-1", 1));
  CHECK_FALSE(client.lock("table").try_acquire());
  ::kill(cluster.engines().at(0), SIGKILL);
  CHECK(client.lock("table").acquire().fence() == 2);
  CHECK_THROWS_AS(holder.get(bound), muster::EngineLost);
}

TEST_CASE("rule 36: locks, counters and queues are as they were when the controller was killed") {
  const Cluster cluster(2);
  const muster::Client client;
  const muster::Client other;
  auto held = client.lock("table").acquire();
  client.counter("count").add(41);
  const auto queue = client.queue<std::string>("texts");
  queue.put("one");
  queue.put("two");
  CHECK(queue.get() == "one");
  std::optional<std::int64_t> next;
  std::thread waits([&] { next = other.lock("table").acquire().fence(); });
  CHECK(eventually(
      [&] { return cluster.status().at("commons").at("locks").at(0).at("waiting") == 1; }));

  cluster.kill_controller();
  CHECK(client.counter("count").add() == 42);
  CHECK(held.is_held());
  CHECK_FALSE(muster::Client().lock("table").try_acquire());
  CHECK(queue.get() == "two");
  CHECK(queue.empty());
  held.release();
  waits.join();
  CHECK(next == 2);
}

TEST_CASE("rule 36: programs count and put each once, however often the controller is killed") {
  const Cluster cluster(1);
  const muster::Client client;
  const auto queue = client.queue<Found>("found", {.max_size = 20});
  std::vector<std::thread> programs;
  for (int program = 0; program < 2; ++program) {
    programs.emplace_back([program] {
      const muster::Client own;
      const auto mine = own.queue<Found>("found", {.max_size = 20});
      for (int i = 0; i < 300; ++i) {
        own.counter("items").add();
        mine.put({program, std::to_string(i)});
      }
    });
  }
  std::vector<int> seen(2);
  for (int taken = 0; taken < 600; ++taken) {
    const Found found = queue.get();
    CHECK(found.what == std::to_string(seen.at(static_cast<std::size_t>(found.place))++));
    if (taken == 100 || taken == 400) cluster.kill_controller();
  }
  for (std::thread& program : programs)
    program.join();
  CHECK(queue.empty());
  CHECK(client.counter("items").get() == 600);
}

TEST_CASE("tasks bring what they find by a queue, while their map runs, and count together") {
  const Cluster cluster(2);
  const muster::Client client;
  std::vector<int> xs(100);
  std::iota(xs.begin(), xs.end(), 0);
  const auto found = client.load_balanced_view().map<find_some>(xs);
  const auto queue = client.queue<Found>("found");
  std::vector<int> seen(100);
  for (int taken = 0; taken < 300; ++taken)
    ++seen.at(static_cast<std::size_t>(queue.get().place));
  found.get();
  CHECK(std::count(seen.begin(), seen.end(), 3) == 100);
  CHECK(client.counter("items").get() == 100);
}
