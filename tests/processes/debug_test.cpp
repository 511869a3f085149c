// muster debug: tasks that have ended run again in the terminal.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"

using Catch::Contains;
using namespace muster::test;

namespace {

struct NotConverged : std::runtime_error {
  using std::runtime_error::runtime_error;
};

double settle(double start, const std::string& name) {
  std::cout << "settling " << name << " from " << start << '\n';
  std::fprintf(stderr, "a warning\n");
  if (start < 0) throw NotConverged("no way from " + name);
  return start / 2;
}
double sum(const std::vector<double>& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0.0);
}
int fall_down(int depth) {
  if (depth == 0) std::abort();
  return depth + 1;
}
double weigh(const std::vector<double>& model, double x) {
  return sum(model) * x;
}
double sum_of_shared(muster::Context& context) {
  const auto table = context.shared<std::vector<double>>("table");
  return std::accumulate(table.begin(), table.end(), 0.0);
}
int pulled(muster::Context& context) {
  return context.pull<int>("x");
}
int behind_gate(const std::string& gate, std::stop_token stop) {
  note(gate, "started");
  return pass(gate, stop) ? 1 : 0;
}

Finished debug(const Cluster& cluster, const muster::TaskId& id,
               const std::vector<std::string>& more = {}) {
  std::vector<std::string> words{"debug", id.text()};
  words.insert(words.end(), more.begin(), more.end());
  return cluster.sandbox().muster(words);
}

}  // namespace

TEST_CASE("muster debug runs a failed task with its arguments, and says what it threw") {
  const Cluster cluster(1);
  const muster::Client client;
  client.session();
  const auto failed = client.load_balanced_view().apply<settle>(-1.5, std::string("there"));
  CHECK_THROWS_AS(failed.get(bound), muster::TaskError);
  const Finished said = debug(cluster, failed.id());
  CHECK(said.code == 1);
  CHECK(said.out == "settling there from -1.5\n");
  CHECK_THAT(said.err, Contains("a warning\n"));
  CHECK_THAT(said.err, Contains("NotConverged: no way from there\n"));
  CHECK_THAT(said.err, Contains("muster debug: (anonymous namespace)::settle"));
}

TEST_CASE("muster debug prints what a task returns, also of items, large ones and passed results") {
  const Cluster cluster(2);
  const muster::Client client;
  client.session();
  const auto view = client.load_balanced_view();
  const auto large = view.apply<sum>(std::vector<double>(100'000, 0.5));
  const auto passed = view.apply<settle>(large, std::string("sum"));
  CHECK(passed.get(bound) == 25'000);
  CHECK(debug(cluster, large.id()).out == "50000.0\n");
  const Finished said = debug(cluster, passed.id());
  CHECK(said.code == 0);
  CHECK(said.out == "settling sum from 50000\n25000.0\n");

  std::vector<std::vector<double>> inputs;
  for (int i = 0; i < 6; ++i)
    inputs.push_back({static_cast<double>(i), 0.25});
  auto map = view.with({.label = "map", .chunk = 3}).map<sum>(inputs);
  map.wait();
  REQUIRE(eventually([&] {
    std::size_t ended = 0;
    for (const auto& task : client.history({.label = "map"}))
      ended += task.status == muster::Status::open ? 0 : task.items;
    return ended == inputs.size();
  }));
  muster::TaskId item = passed.id();
  item.number += 5;  // the map's fifth
  CHECK(debug(cluster, item).out == "4.25\n");
}

TEST_CASE("a task that crashes does so in muster debug, and gdb shows where") {
  const Cluster cluster(1);
  const muster::Client client;
  client.session();
  const auto fallen = client.load_balanced_view({.max_crashes = 1}).apply<fall_down>(0);
  CHECK_THROWS_AS(fallen.get(bound), muster::Quarantined);
  const Finished said = debug(cluster, fallen.id());
  CHECK(said.code == 128 + SIGABRT);
  CHECK_THAT(said.err, Contains("signal 6 (Aborted)"));
#ifndef __SANITIZE_THREAD__
  // Its commands come from stdin, which is empty: it ends there, with what it had to say.
  const Finished under = debug(cluster, fallen.id(), {"--gdb"});
  CHECK_THAT(under.out, Contains("received signal SIGABRT"));
#endif
  const Finished without = run({program("muster"), "debug", "--gdb", fallen.id().text()},
                               cluster.sandbox().path() / "outputs", {{"PATH", "/nowhere"}});
  CHECK(without.code == 1);
  CHECK_THAT(without.err, Contains("there is no gdb here") && Contains("apt-get install gdb"));
}

TEST_CASE("a call on several engines has its shared arguments when it is debugged, or runs again") {
  const Cluster cluster(2);
  const muster::Client client;
  client.session();
  for (const std::size_t count : {1000u, 20'000u}) {  // these are streamed
    const auto sums = client.all().apply<sum>(std::vector<double>(count, 0.5));
    sums.wait();
    const auto expected = static_cast<double>(count) / 2;
    for (const auto& one : sums.split()) {
      CHECK(one.get() == expected);
      CHECK(std::stod(debug(cluster, one.id()).out) == expected);
      CHECK(client.resubmit<double>(one.id()).get(bound) == expected);
    }
  }
}

TEST_CASE("a task that names bound values has them when it is debugged, or runs again") {
  const Cluster cluster(2);
  const muster::Client client;
  client.session();
  const auto view = client.load_balanced_view();
  for (const std::size_t count : {2u, 200'000u}) {  // these go to each host once
    const muster::TaskId id = [&] {
      const auto model = muster::bind_front<weigh>(std::vector<double>(count, 0.5));
      auto results = view.map(model, std::vector{1.0, 2.0, 3.0});
      CHECK(results.get()[2] == 1.5 * static_cast<double>(count));
      return view.apply(model, 2.0).id();
    }();
    REQUIRE(eventually([&] { return !client.history({.id = id}).empty(); }));
    CHECK(std::stod(debug(cluster, id).out) == static_cast<double>(count));
    // The model is gone from the program, and another one never had it.
    const auto other = cluster.sandbox().muster({"resubmit", id.text()});
    CHECK(other.code == 0);
    CHECK(client.resubmit<double>(id).get(bound) == static_cast<double>(count));
  }
  const auto shares = view.with({.shared = muster::shared("table", std::vector<double>{4, 5})})
                          .apply<sum_of_shared>();
  CHECK(shares.get(bound) == 9);
  CHECK(debug(cluster, shares.id()).out == "9.0\n");
  CHECK(client.resubmit<double>(shares.id()).get(bound) == 9);
}

TEST_CASE("muster debug says why a task can't be run, and what to do") {
  const Cluster cluster(2);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  const auto view = client.load_balanced_view();
  const auto before = view.apply<fall_down>(1);
  before.get(bound);
  CHECK_THAT(debug(cluster, before.id()).err, Contains("Client::session"));
  client.session();
  const std::vector<double> large((std::size_t{80} << 20) / sizeof(double), 0.5);
  const auto bound_one = view.apply<weigh>(muster::same(large), 2.0);
  CHECK(bound_one.get(bound) == static_cast<double>(large.size()));
  CHECK_THAT(debug(cluster, bound_one.id()).err,
             Contains("names bound values") && Contains("too large") && Contains("submit it anew"));
  const auto failed = view.apply<settle>(-1.0, std::string("a"));
  const auto dependent = view.apply<settle>(failed, std::string("b"));
  CHECK_THROWS_AS(dependent.get(bound), muster::ImpossibleDependency);
  CHECK_THAT(debug(cluster, dependent.id()).err,
             Contains("it never started") && Contains("its error names"));
  client[0].push("x", 4).get(bound);
  const auto reader = client[0].apply<pulled>();
  CHECK(reader.get(bound) == 4);
  CHECK_THAT(debug(cluster, reader.id()).err, Contains("nothing of the name \"x\" is here"));
  const auto running = view.apply<behind_gate>(gate.path());
  REQUIRE(gate.has_notes("started", 1));
  const Finished open = debug(cluster, running.id());
  CHECK(open.code == 1);
  CHECK_THAT(open.err, Contains("has not ended: wait for it, or cancel it first"));
  gate.open();
  CHECK(running.get(bound) == 1);
  const Finished unlike = debug(cluster, failed.id(), {"--", program("person")});
  CHECK(unlike.code == 1);
  CHECK_THAT(unlike.err, Contains("is another build than the one that had the task"));
  const Finished main = debug(cluster, failed.id(), {"--", "true"});
  CHECK_THAT(main.err, Contains("didn't come to the task"));
  CHECK(debug(cluster, failed.id(), {"--", "/nowhere/at/all"}).code == 1);
}
