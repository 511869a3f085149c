// Several results at a time: in the order in which they come, or until some have come.

#include <chrono>
#include <csignal>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"

using muster::AsyncResult;
using muster::ReturnWhen;
using muster::test::bound;
using muster::test::Cluster;
using muster::test::Gate;

namespace {

using namespace std::chrono_literals;

int number(int n) {
  return n;
}
int behind_gate(const std::string& gate, int n) {
  muster::test::pass(gate);
  return n;
}
int throws(int n) {
  throw std::runtime_error(std::to_string(n));
}

}  // namespace

TEST_CASE("as_completed gives each result once, and late ones last") {
  const Cluster cluster(2, {"--hwm", "1"});
  const muster::Client client;
  const auto view = client.load_balanced_view();
  Gate gate(cluster.sandbox().path());
  std::vector<AsyncResult<int>> results{view.apply<behind_gate>(gate.path(), 0)};
  for (int i = 1; i < 100; ++i)
    results.push_back(view.apply<number>(i));
  std::vector<int> values;
  for (const auto& result : muster::as_completed(results)) {
    REQUIRE(result.ready());
    values.push_back(result.get());
    if (values.size() == 99) gate.open();
  }
  CHECK(values.size() == 100);
  CHECK(std::set<int>(values.begin(), values.end()).size() == 100);
  CHECK(values.back() == 0);
}

TEST_CASE("as_completed of tasks that have ended long ago gives them at once") {
  const Cluster cluster(1);
  const muster::Client client;
  std::vector<AsyncResult<int>> results;
  for (int i = 0; i < 10; ++i)
    results.push_back(client.load_balanced_view().apply<number>(i));
  CHECK(muster::wait(results, bound).not_done.empty());
  int sum = 0;
  auto completed = muster::as_completed(results);
  CHECK(completed.size() == 10);
  while (const auto result = completed.next(0s))
    sum += result->get();
  CHECK(sum == 45);
  CHECK(completed.empty());
  CHECK_FALSE(completed.next());
}

TEST_CASE("as_completed takes more tasks while one iterates, and a task twice comes twice") {
  const Cluster cluster(2);
  const muster::Client client;
  const auto view = client.load_balanced_view();
  const auto one = view.apply<number>(1);
  auto completed = muster::as_completed(std::vector{one, one});
  int given = 0;
  for (const auto& result : completed) {
    CHECK(result.valid());
    if (++given < 500) completed.add(view.apply<number>(given));
    CHECK(completed.size() <= 2);
  }
  CHECK(given == 501);
}

TEST_CASE(
    "as_completed gives failed, cancelled and lost tasks as well, and loses none by patience") {
  Cluster cluster(1, {"--hwm", "1"});
  const muster::Client client;
  const auto view = client.load_balanced_view();
  Gate gate(cluster.sandbox().path());
  const auto held = view.apply<behind_gate>(gate.path(), 7);
  const auto unwanted = view.apply<number>(1);
  auto completed = muster::as_completed(std::vector{held, unwanted, view.apply<throws>(3)});
  CHECK_THROWS_AS(completed.next(0s), muster::TimedOut);
  unwanted.cancel();
  CHECK_THROWS_AS(completed.next(bound)->get(), muster::Cancelled);
  CHECK_THROWS_AS(completed.next(1ms), muster::TimedOut);
  gate.open();
  CHECK(completed.next(bound)->get() == 7);
  CHECK_THROWS_AS(completed.next(bound)->get(), muster::TaskError);

  completed.add(view.apply<behind_gate>("closed for ever, as long as it exists", 1));
  CHECK(completed.next(bound)->get() == 1);
  Gate other(cluster.sandbox().path() / "outputs");
  completed.add(view.apply<behind_gate>(other.path(), 1));
  CHECK(cluster.stop().code == 0);
  CHECK_THROWS_AS(completed.next(bound)->get(), muster::ConnectionLost);
}

TEST_CASE("wait returns with the first result, the first error, or all, and says what is open") {
  const Cluster cluster(2, {"--hwm", "1"});
  const muster::Client client;
  const auto view = client.load_balanced_view();
  Gate gate(cluster.sandbox().path());
  const auto held = view.apply<behind_gate>(gate.path(), 1);
  const auto quick = view.apply<number>(2);
  const auto failing = view.apply<throws>(3);

  const auto first = muster::wait(std::vector{held, quick}, ReturnWhen::first_completed);
  REQUIRE(first.done.size() == 1);
  CHECK(first.done[0].get() == 2);
  CHECK(first.not_done.size() == 1);

  const auto error = muster::wait(std::vector{held, quick, failing}, ReturnWhen::first_exception);
  CHECK(error.done.size() == 2);
  CHECK(error.not_done.size() == 1);

  const auto none = muster::wait(std::vector{held}, 1ms, ReturnWhen::first_exception);
  CHECK(none.done.empty());
  CHECK(muster::wait(std::vector{held}, 1ms).not_done.size() == 1);

  gate.open();
  const auto all = muster::wait(std::vector{held, quick, failing});
  CHECK(all.done.size() == 3);
  CHECK(all.not_done.empty());
  CHECK(muster::wait(std::vector{held, quick}, ReturnWhen::first_exception).done.size() == 2);
  CHECK(muster::wait(std::vector<AsyncResult<int>>{}).done.empty());
}

TEST_CASE("results of two clients don't go into one as_completed, and the error says so") {
  const Cluster cluster(1);
  const muster::Client one;
  const muster::Client other;
  auto completed = muster::as_completed(std::vector{one.load_balanced_view().apply<number>(1)});
  CHECK_THROWS_WITH(completed.add(other.load_balanced_view().apply<number>(2)),
                    Catch::Contains("several clients"));
  CHECK(completed.next(bound)->get() == 1);
  completed.add(other.load_balanced_view().apply<number>(2));
  CHECK(completed.next(bound)->get() == 2);
  CHECK_THROWS_AS(completed.add({}), muster::ClusterError);
}
