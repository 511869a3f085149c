// Values that many calls share (muster::same, muster::bind_front): how often they travel and are
// decoded, and what becomes of them when somebody dies.

#include <csignal>
#include <map>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"

using muster::bind_front;
using muster::same;
using muster::test::bound;
using muster::test::Cluster;
using muster::test::eventually;
using muster::test::Gate;
using muster::test::messages_are_lost;

namespace {

struct Model {
  static inline int made = 0;  // in this process, but for copies
  Model() { ++made; }
  explicit Model(std::size_t size, double weight = 1.0) : Model() { weights.assign(size, weight); }

  std::vector<double> weights;
  MSGPACK_DEFINE(weights)
};

double score(double x, const Model& model) {
  return x * model.weights.back();
}

/// How often a model was decoded where this runs, and where that is.
std::pair<int, int> decoded(int, const Model&) {
  return {static_cast<int>(::getpid()), Model::made};
}

double weighted(const Model& model, muster::Context&, double x) {
  return x * model.weights.back();
}

std::size_t lengths(std::string_view text, std::span<const double> numbers, int more) {
  return text.size() + numbers.size() + static_cast<std::size_t>(more);
}

/// Changes its own copy.
double spoilt(Model model, double x) {
  model.weights.back() += x;
  return model.weights.back();
}

int pid_behind(const std::string& gate, const Model& model) {
  muster::test::note(
      gate, "runs-" + std::to_string(::getpid()) + "-" + std::to_string(model.weights.size()));
  muster::test::pass(gate);
  return static_cast<int>(::getpid());
}

std::vector<double> count_to(std::size_t count) {
  std::vector<double> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0.0);
  return numbers;
}

std::uint64_t total(const Cluster& cluster, const char* name) {
  return cluster.status()["totals"][name].get<std::uint64_t>();
}

/// Of all clients.
std::uint64_t kept_by_controller(const Cluster& cluster) {
  const nlohmann::json status = cluster.status();
  std::uint64_t bytes = 0;
  for (const auto& client : status["clients"])
    bytes += client["values_bytes"].get<std::uint64_t>();
  return bytes;
}

constexpr std::size_t weights_of_4_mb = std::size_t{1} << 19;

}  // namespace

TEST_CASE("rule 25: a bound value travels once to the controller and once to each engine") {
  const Cluster cluster(4);
  const muster::Client client;
  const auto all = client.all();
  const Model model(1000, 2.0);
  const std::uint64_t bytes = same(model).size();
  for (int i = 0; i < 3; ++i)
    CHECK(all.apply<score>(1.5, same(model)).get(bound) == std::vector(4, 3.0));
  CHECK(total(cluster, "value_bytes_received") == bytes);
  CHECK(total(cluster, "values_sent") == 4);
  CHECK(total(cluster, "value_bytes_sent") == 4 * bytes);
}

TEST_CASE("rule 25: a large bound value travels once to each host, whose engines share it") {
  const Cluster cluster(4);
  const muster::Client client;
  const auto view = client.load_balanced_view();
  const Model model(weights_of_4_mb, 2.0);
  const std::uint64_t bytes = same(model).size();
  REQUIRE(bytes > 4'000'000);
  const std::vector<double> xs = count_to(1000);

  // Of each engine some tasks, so that all four need it.
  client.all().apply<score>(1.0, same(model)).get(bound);
  double sum = 0;
  for (const double y : view.with({.chunk = 1}).map<score>(xs, same(model)))
    sum += y;
  CHECK(sum == 999.0 * 1000.0);
  CHECK(total(cluster, "value_bytes_received") == bytes);
  CHECK(total(cluster, "values_to_hosts") == 1);
  CHECK(total(cluster, "value_bytes_to_hosts") == bytes);
  CHECK(total(cluster, "values_sent") == 0);

  // The same again, in whichever form and through whichever view.
  CHECK(view.map<score>(xs, same(model)).get().size() == 1000);
  CHECK(view.apply<score>(3.0, same(Model(model))).get(bound) == 6.0);
  CHECK(client.all().map<score>(xs, same(model)).get(bound).back() == 1998.0);
  CHECK(view.map(bind_front<weighted>(model), xs).get().back() == 1998.0);
  CHECK(total(cluster, "value_bytes_received") == bytes);
  CHECK(total(cluster, "value_bytes_to_hosts") == bytes);
  CHECK(kept_by_controller(cluster) >= bytes);
}

TEST_CASE("rule 25: a process decodes a bound value once, and its tasks refer to that object") {
  const Cluster cluster(2);
  const muster::Client client;
  const Model model(100'000);
  std::map<int, std::set<int>> made;
  const auto results =
      client.load_balanced_view().map<decoded>(std::vector<int>(500, 0), same(model)).get();
  for (const auto& [pid, count] : results)
    made[pid].insert(count);
  for (const auto& [pid, counts] : made)
    CHECK(counts == std::set{1});
}

TEST_CASE("a bound value stands for a reference, a view or a copy, which changes nobody's") {
  const Cluster cluster(1);
  const muster::Client client;
  const auto view = client.load_balanced_view();
  const auto text = same("four");
  CHECK(view.apply<lengths>(text, same(std::vector{1.0, 2.0}), 3).get(bound) == 9);
  CHECK(view.map<lengths>(text, same(std::vector{1.0}), std::vector{0, 10}).get() ==
        std::vector<std::size_t>{5, 15});
  CHECK(view.apply(bind_front<lengths>("four", std::vector{1.0}), 1).get(bound) == 6);
  CHECK(view.apply(bind_front([](int a, int b) { return a - b; }, 5), 3).get(bound) == 2);
  CHECK(view.apply(bind_front(muster::fn<lengths>, text), std::vector{1.0}, 1).get(bound) == 6);
  CHECK(view.apply(muster::fn<lengths>, text, std::vector{1.0}, 1).get(bound) == 6);
  CHECK(client[0].apply(bind_front<lengths>(text), std::vector{1.0}, 1).get(bound) == 6);
  client[0].execute(bind_front<spoilt>(Model(3)), 1.0).get(bound);
  const Model model(3, 1.0);
  CHECK(view.map<spoilt>(same(model), std::vector{1.0, 1.0, 2.0}).get() ==
        std::vector{2.0, 2.0, 3.0});
  // One that is the result of another task stands beside it.
  const auto x = view.apply([] { return 4.0; });
  CHECK(view.apply<score>(x, same(Model(2, 0.5))).get(bound) == 2.0);
}

TEST_CASE("small tasks pass a bound value, and those that name it can be cancelled on its way") {
  const Cluster cluster(1);
  const muster::Client client;
  const auto view = client.load_balanced_view();
  const auto model = same(Model(std::size_t{4} << 20));
  const auto slow = view.apply<score>(2.0, model);
  const auto unwanted = view.apply<score>(2.0, model);
  unwanted.cancel();
  CHECK(view.apply([](int n) { return n + 1; }, 1).get(bound) == 2);
  CHECK(slow.get(bound) == 2.0);
  CHECK_THROWS_AS(
      [&] {
        if (unwanted.get(bound) == 2.0) throw muster::Cancelled("it was quicker");
      }(),
      muster::Cancelled);
}

TEST_CASE("rule 25: a process that replaces a killed one gets the bound values again") {
  const Cluster cluster(1);
  const muster::Client client;
  const auto view = client.load_balanced_view();
  const Gate gate(cluster.sandbox().path());
  const Model model(weights_of_4_mb);
  const auto first = view.apply<pid_behind>(gate.path(), same(model));
  const auto behind_it = view.apply<score>(2.0, same(model));
  REQUIRE(gate.has_notes("runs-", 1));
  ::kill(cluster.engines().at(0), SIGKILL);
  REQUIRE(gate.has_notes("runs-", 2));
  gate.open();
  CHECK(first.get(bound) == cluster.engines().at(0));
  CHECK(behind_it.get(bound) == 2.0);
  if (messages_are_lost) return;
  // From its node, which has it still.
  CHECK(total(cluster, "value_bytes_to_hosts") == same(model).size());
  CHECK(total(cluster, "value_bytes_received") == same(model).size());
}

TEST_CASE("rule 25: a controller that was killed gets the bound values of open tasks again") {
  const Cluster cluster(2);
  const muster::Client client;
  const auto view = client.load_balanced_view();
  const Gate gate(cluster.sandbox().path());
  const Model model(weights_of_4_mb);
  // Two of them run, the others wait.
  std::vector<muster::AsyncResult<int>> results;
  for (int i = 0; i < 6; ++i)
    results.push_back(view.apply<pid_behind>(gate.path(), same(model)));
  REQUIRE(gate.has_notes("runs-", 2));
  cluster.kill_controller();
  REQUIRE(eventually([&] { return kept_by_controller(cluster) > 0; }));
  gate.open();
  for (const auto& result : results)
    CHECK(result.get(bound) > 0);
  // The processes that outlived it had the value, and said so.
  CHECK(total(cluster, "values_sent") == 0);
  CHECK(total(cluster, "values_to_hosts") == 0);
}

TEST_CASE("rule 25: bound values of a client that has died are forgotten, also by engines") {
  const Cluster cluster(2);
  const muster::Client reader;
  const auto bytes = [&] {
    const nlohmann::json status = cluster.status();
    std::uint64_t bytes = 0;
    for (const auto& engine : status["engines"])
      bytes += engine["values_bytes"].get<std::uint64_t>();
    return bytes;
  };
  {
    const muster::Client writer;
    writer.all().apply<score>(1.0, same(Model(1000))).get(bound);
    CHECK(bytes() > 16'000);
    // Another client of the program that has the same value keeps it there.
    reader.all().apply<score>(1.0, same(Model(1000))).get(bound);
    CHECK(total(cluster, "values_sent") == 2);
  }
  CHECK(eventually([&] { return cluster.status()["clients"].size() == 1; }));
  CHECK(bytes() > 16'000);
  reader.all().apply<score>(1.0, same(Model(1000))).get(bound);
  CHECK(total(cluster, "values_sent") == 2);
  {
    const muster::Client writer;
    writer.all().apply<score>(1.0, same(Model(2000))).get(bound);
  }
  CHECK(eventually([&] { return bytes() < 32'000; }));
}
