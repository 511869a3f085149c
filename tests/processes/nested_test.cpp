// Tasks that submit tasks to their own cluster, and wait for them (rule 33).

#include <chrono>
#include <cstdint>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/patience.hpp"

namespace {

using namespace std::chrono_literals;

int square_of(int n) {
  return n * n;
}

int plus(int a, int b) {
  return a + b;
}

/// Sums squares by tasks of its own.
int sum_of_squares(int count) {
  muster::Client client;
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 1);
  int sum = 0;
  for (const int n : client.load_balanced_view().map<square_of>(numbers))
    sum += n;
  return sum;
}

/// Each call waits for two more.
int leaves(int depth) {
  if (depth == 0) return 1;
  muster::Client client;
  const auto view = client.load_balanced_view();
  const auto left = view.apply<leaves>(depth - 1);
  const auto right = view.apply<leaves>(depth - 1);
  return left.get() + right.get();
}

int refuse(int n) {
  if (n == 3) throw std::out_of_range("three is refused");
  return n;
}

std::string what_a_task_of_its_own_throws() {
  muster::Client client;
  try {
    client.load_balanced_view().apply<refuse>(3).get();
  } catch (const muster::TaskError& error) {
    return error.what();
  }
  return "nothing";
}

int chain(int length) {
  muster::Client client;
  const auto view = client.load_balanced_view();
  auto last = view.apply<plus>(0, 1);
  for (int i = 1; i < length; ++i)
    last = view.apply<plus>(last, 1);
  return last.get();
}

std::size_t bytes_of(const std::string& text) {
  return text.size();
}
std::string text_of(std::size_t bytes) {
  return std::string(bytes, 'x');
}

/// What doesn't fit into a record, there and back.
std::size_t large_both_ways(std::size_t bytes) {
  muster::Client client;
  const auto view = client.load_balanced_view();
  return view.apply<bytes_of>(std::string(bytes, 'y')).get() +
         view.apply<text_of>(bytes).get().size();
}

double scaled(const std::vector<double>& table, int n) {
  return table.at(static_cast<std::size_t>(n)) * 2;
}
double by_a_table() {
  muster::Client client;
  const std::vector<double> table{0.5, 1.5, 2.5};
  double sum = 0;
  for (const double value :
       client.load_balanced_view().map<scaled>(muster::same(table), std::vector{0, 1, 2}))
    sum += value;
  return sum;
}

int pool_of_its_own(int count) {
  muster::Pool pool(2);
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 1);
  const std::vector<int> squares = pool.map<square_of>(numbers);
  return std::accumulate(squares.begin(), squares.end(), 0);
}

int pool_of_its_cluster(int count) {
  muster::Pool pool(muster::Client{});
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 1);
  const std::vector<int> squares = pool.map<square_of>(numbers);
  return std::accumulate(squares.begin(), squares.end(), 0);
}

int throws_once(muster::Context& context) {
  if (context.attempt() == 1) throw std::runtime_error("not yet");
  return context.attempt();
}
int tries_again() {
  muster::Client client;
  return client.load_balanced_view({.retries = 1}).apply<throws_once>().get();
}

bool patient_task_times_out() {
  muster::Client client;
  auto one = client[0].apply<square_of>(2);  // addressed to the engine that waits for it
  try {
    one.get(50ms);
  } catch (const muster::TimedOut&) {
    one.request_cancel();
    return true;
  }
  return false;
}

}  // namespace

TEST_CASE("rule 33: tasks that wait for their own tasks end, also when all engines do so") {
  muster::Cluster cluster({.engines = 2});
  const std::vector<int> counts(6, 40);
  for (const int sum : cluster.load_balanced_view().map<sum_of_squares>(counts))
    CHECK(sum == 22140);
}

TEST_CASE("rule 33: one engine is enough for tasks that wait for tasks that wait") {
  muster::Cluster cluster({.engines = 1});
  CHECK(cluster.load_balanced_view().apply<leaves>(4).get() == 16);
}

TEST_CASE("rule 33: a task of a task that has retries is tried again on the only engine") {
  muster::Cluster cluster({.engines = 1});
  CHECK(cluster.load_balanced_view().apply<tries_again>().get() == 2);
}

TEST_CASE("rule 33: a tree of waiting tasks ends on a few engines") {
  muster::Cluster cluster({.engines = 3});
  CHECK(cluster.load_balanced_view().apply<leaves>(5).get() == 32);
}

TEST_CASE("rule 33: what a task of a task throws arrives there, with its engine") {
  muster::Cluster cluster({.engines = 1});
  const std::string what =
      cluster.load_balanced_view().apply<what_a_task_of_its_own_throws>().get();
  CHECK_THAT(what, Catch::Contains("three is refused"));
}

TEST_CASE("rule 33: tasks of a task that wait for each other end in one engine") {
  muster::Cluster cluster({.engines = 1});
  CHECK(cluster.load_balanced_view().apply<chain>(8).get() == 8);
}

TEST_CASE("rule 33: large arguments and results, and bound values, are those of a task's own too") {
  muster::Cluster cluster({.engines = 1});
  const auto view = cluster.load_balanced_view();
  CHECK(view.apply<large_both_ways>(300'000).get() == 600'000);
  CHECK(view.apply<by_a_table>().get() == 9.0);
}

TEST_CASE("rule 33: a task's limit for a wait counts, and the engine is as it was") {
  muster::Cluster cluster({.engines = 1});
  const auto view = cluster.load_balanced_view();
  CHECK(view.apply<patient_task_times_out>().get());
  CHECK(view.apply<square_of>(3).get() == 9);
}

TEST_CASE("a task may make a pool of its own, or of its cluster's engines") {
  muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();
  CHECK(view.apply<pool_of_its_own>(10).get() == 385);
  for (const int sum : view.map<pool_of_its_cluster>(std::vector<int>{10, 20}))
    CHECK((sum == 385 || sum == 2870));
}
