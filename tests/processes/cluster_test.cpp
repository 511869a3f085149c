// What a program gets from a running cluster: this test is the program, and its functions run on
// the engines, which execute this very file but never its main.

#include "tests/processes/cluster.hpp"

#include <chrono>
#include <csignal>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"

using namespace std::chrono_literals;
using muster::AsyncResult;
using muster::test::bound;
using muster::test::Cluster;
using muster::test::Gate;

namespace {

struct Point {
  double x = 0;
  std::string name;
  MSGPACK_DEFINE(x, name)
};

double half(double x) {
  return x / 2;
}
std::string greeting(const std::string& name) {
  return "hello, " + name;
}
std::vector<int> doubled(std::vector<int> numbers) {
  for (int& number : numbers)
    number *= 2;
  return numbers;
}
void leave_note(const std::string& gate) {
  muster::test::note(gate, "left");
}
Point moved(Point point) {
  return {point.x + 1, point.name + "'"};
}
int out_of_range() {
  throw std::out_of_range("no such row: 7");
}
int throw_number() {
  throw 42;
}
pid_t own_pid() {
  return ::getpid();
}

pid_t pid_behind_gate(const std::string& gate) {
  muster::test::note(gate, "started-" + std::to_string(::getpid()));
  muster::test::pass(gate);
  return ::getpid();
}

int fail_once(muster::Context& context) {
  if (context.attempt() == 1) throw std::runtime_error("not yet");
  return context.attempt();
}

}  // namespace

TEST_CASE("a program that the cluster has never seen gets its own functions run") {
  Cluster cluster(2);
  muster::Client client;
  const auto view = client.load_balanced_view();
  Gate gate(cluster.sandbox().path());

  CHECK(view.apply<half>(5.0).get(bound) == 2.5);
  CHECK(view.apply<greeting>("world").get(bound) == "hello, world");
  CHECK(view.apply<doubled>(std::vector{1, 2, 3}).get(bound) == std::vector{2, 4, 6});
  view.apply<leave_note>(gate.path()).get(bound);
  CHECK(gate.notes("left").size() == 1);
  const Point point = view.apply<moved>(Point{1, "a"}).get(bound);
  CHECK(point.x == 2);
  CHECK(point.name == "a'");
  CHECK(view.apply([](int n) { return n * n; }, 7).get(bound) == 49);
  CHECK(view.apply<own_pid>().get(bound) != ::getpid());
}

TEST_CASE("an exception comes back as TaskError with the standard exception nested in it") {
  Cluster cluster(1);
  muster::Client client;
  const auto result = client.load_balanced_view().apply<out_of_range>();
  try {
    result.get(bound);
    FAIL("nothing was thrown");
  } catch (const muster::TaskError& error) {
    CHECK(error.type() == "std::out_of_range");
    CHECK(error.text() == "no such row: 7");
    CHECK(error.engine() == 0);
    REQUIRE(error.attempts().size() == 1);
    CHECK(error.attempts()[0].text == "no such row: 7");
    CHECK(error.attempts()[0].pid == result.info().pid);
    CHECK_THROWS_AS(std::rethrow_if_nested(error), std::out_of_range);
  }
  CHECK_FALSE(result.successful());
  CHECK(result.info().attempts == 1);
}

TEST_CASE("a thrown value that is no exception comes back as TaskError with its type") {
  Cluster cluster(1);
  muster::Client client;
  const auto result = client.load_balanced_view().apply<throw_number>();
  try {
    result.get(bound);
    FAIL("nothing was thrown");
  } catch (const muster::TaskError& error) {
    CHECK(error.type() == "int");
    CHECK_NOTHROW(std::rethrow_if_nested(error));
  }
}

TEST_CASE("a result can be got again, and its info says where and when it ran") {
  Cluster cluster(1);
  muster::Client client;
  const auto before = std::chrono::system_clock::now();
  const auto result = client.load_balanced_view().apply<own_pid>();
  const pid_t pid = result.get(bound);
  CHECK(result.get() == pid);
  CHECK(result.ready());
  CHECK(result.successful());

  const muster::TaskInfo info = result.info();
  CHECK(info.engine == 0);
  CHECK(info.pid == pid);
  CHECK(info.host == cluster.status().at("engines").at(0).at("host"));
  CHECK(info.attempts == 1);
  // The wall clock is a reading of the monotonic one, good to a millisecond.
  CHECK(before <= info.submitted + 1ms);
  CHECK(info.submitted <= info.started + 1ms);
  CHECK(info.started <= info.completed + 1ms);
  CHECK(info.completed <= info.received + 1ms);
}

TEST_CASE("ten tasks are spread over all engines, and at most as many run at once") {
  Cluster cluster(4);
  muster::Client client;
  const auto view = client.load_balanced_view();
  Gate gate(cluster.sandbox().path());
  std::vector<AsyncResult<pid_t>> results;
  for (int i = 0; i < 10; ++i)
    results.push_back(view.apply<pid_behind_gate>(gate.path()));
  REQUIRE(gate.has_notes("started-", 4));
  gate.open();
  std::map<int, int> tasks;
  std::set<pid_t> pids;
  for (const auto& result : results) {
    pids.insert(result.get(bound));
    ++tasks[result.info().engine];
  }
  CHECK(tasks.size() == 4);
  CHECK(pids.size() == 4);
}

TEST_CASE("two clients of one program use the cluster at once, from several threads") {
  Cluster cluster(2);
  muster::Client first;
  muster::Client second;
  const auto sum = [](const muster::Client& client, long* total) {
    const auto view = client.load_balanced_view();
    std::vector<AsyncResult<int>> results;
    for (int i = 0; i < 200; ++i)
      results.push_back(view.apply([](int n) { return n; }, i));
    for (const auto& result : results)
      *total += result.get(bound);
  };
  long totals[3] = {};
  std::thread other(sum, std::cref(first), &totals[0]);
  std::thread another(sum, std::cref(second), &totals[1]);
  sum(second, &totals[2]);
  other.join();
  another.join();
  for (const long total : totals)
    CHECK(total == 199 * 200 / 2);
}

TEST_CASE("more tasks than fit into any window all come back, each with its own value") {
  Cluster cluster(2);
  muster::Client client;
  const auto view = client.load_balanced_view();
  std::vector<AsyncResult<int>> results;
  constexpr int count = 20'000;
  for (int i = 0; i < count; ++i)
    results.push_back(view.apply([](int n) { return n; }, i));
  int right = 0;
  for (int i = 0; i < count; ++i)
    right += results[static_cast<std::size_t>(i)].get(bound) == i ? 1 : 0;
  CHECK(right == count);
}

TEST_CASE("two programs share the cluster at once") {
  Cluster cluster(2);
  Gate gate(cluster.sandbox().path());
  muster::test::Child other({muster::test::program("patient_client"), gate.path(), "6"},
                            cluster.sandbox().path() / "outputs");
  REQUIRE(other.has_said("submitted"));
  REQUIRE(gate.has_notes("started-", 1));
  muster::Client client;
  std::vector<AsyncResult<double>> results;
  for (int i = 0; i < 6; ++i)
    results.push_back(client.load_balanced_view().apply<half>(i));
  gate.open();
  for (int i = 0; i < 6; ++i)
    CHECK(results[i].get(bound) == i / 2.0);
  const auto finished = other.wait();
  INFO(finished.err);
  CHECK(finished.code == 0);
  CHECK_THAT(finished.out, Catch::Contains("6 results"));
}

TEST_CASE("a task that throws the first time succeeds when a retry is allowed") {
  Cluster cluster(2);
  muster::Client client;
  const auto view = client.load_balanced_view();
  CHECK_THROWS_AS(view.apply<fail_once>().get(bound), muster::TaskError);
  const auto result = view.with({.retries = 1}).apply<fail_once>();
  CHECK(result.get(bound) == 2);
  CHECK(result.info().attempts == 2);
}

TEST_CASE("a wait that is over throws TimedOut, and the task goes on") {
  Cluster cluster(1);
  muster::Client client;
  Gate gate(cluster.sandbox().path());
  const auto result = client.load_balanced_view().apply<pid_behind_gate>(gate.path());
  CHECK_FALSE(result.wait_for(1ms));
  try {
    result.get(1ms);
    FAIL("it did not time out");
  } catch (const muster::TimedOut& error) {
    CHECK(error.limit() == muster::Limit::wait);
  }
  gate.open();
  const pid_t pid = result.get(bound);
  CHECK(pid == cluster.engines().front());
}

TEST_CASE("in the child after a fork a client refuses to work, and lets the child end") {
  Cluster cluster(1);
  muster::Client client;
  Gate gate(cluster.sandbox().path());
  const auto open = client.load_balanced_view().apply<pid_behind_gate>(gate.path());
  const pid_t child = ::fork();
  if (child == 0) {
    int refused = 0;
    try {
      client.load_balanced_view().apply<half>(1.0);
    } catch (const muster::ClusterError&) {
      ++refused;
    }
    try {
      open.get();  // nobody in this process will ever hear of it
    } catch (const muster::ClusterError&) {
      ++refused;
    }
    try {
      client = muster::Client({.file = "/nowhere", .wait = 0s});
    } catch (const muster::NoCluster&) {
      ++refused;
    }
    { const muster::Client last = std::move(client); }
    ::_exit(refused);
  }
  REQUIRE(child > 0);
  int status = 0;
  const bool ended =
      muster::test::eventually([&] { return ::waitpid(child, &status, WNOHANG) == child; });
  if (!ended) ::kill(child, SIGKILL);
  REQUIRE(ended);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 3);
  // The parent's own connection has not noticed anything.
  gate.open();
  const pid_t pid = open.get(bound);
  CHECK(pid == cluster.engines().front());
}
