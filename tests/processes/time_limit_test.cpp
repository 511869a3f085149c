// Time limits of tasks. Which of two things comes first is never left to the machine's speed here:
// what is to pass a limit would run for ever without it.

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"

using namespace std::chrono_literals;
using muster::AsyncResult;
using muster::Limit;
using muster::test::bound;
using muster::test::Cluster;
using muster::test::Gate;

namespace {

int endless(const std::string& gate) {
  muster::test::note(gate, "endless-" + std::to_string(::getpid()));
  for (volatile std::uint64_t turns = 0;;)
    turns = turns + 1;
}

int process() {
  return ::getpid();
}

int until_stopped(const std::string& gate, std::stop_token stop) {
  while (!stop.stop_requested())
    ::poll(nullptr, 0, 2);
  muster::test::note(gate, "obeyed");
  return ::getpid();
}

void init_endlessly(const std::string& gate) {
  endless(gate);
}
void init_endlessly_once(const std::string& gate) {
  if (std::filesystem::exists(gate + "/tried")) return;
  muster::test::note(gate, "tried");
  endless(gate);
}

int stop_own_process() {
  return ::raise(SIGSTOP);
}

/// Stop callbacks run on the thread that would otherwise end the process.
int stuck_when_stopped(std::stop_token stop) {
  const std::stop_callback callback(stop, [] {
    for (;;)
      ::pause();
  });
  for (;;)
    ::pause();
}

int behind_gate(const std::string& gate, const std::string& name) {
  muster::test::note(gate, name);
  muster::test::pass(gate);
  return 1;
}

int throws_again(const std::string& gate, muster::Context& context) {
  muster::test::note(gate, "attempt-" + std::to_string(context.attempt()));
  ::poll(nullptr, 0, 2);
  throw std::runtime_error("again");
}

int note_number(const std::string& gate, int number) {
  muster::test::note(gate, "number-" + std::to_string(number) + ".");
  ::poll(nullptr, 0, 1);
  return number;
}

int endless_at_three(int number) {
  for (volatile std::uint64_t turns = 0; number == 3;)
    turns = turns + 1;
  return number;
}

struct Passed {
  Limit limit = Limit::wait;
  std::chrono::nanoseconds value{};
  std::string text{};
};

template <class T>
Passed passed_by(const AsyncResult<T>& result) {
  try {
    result.get(bound);
    FAIL("it has ended with a value");
  } catch (const muster::TimedOut& error) {
    return {error.limit(), error.value(), error.what()};
  }
  return {};
}

int crashes(const Cluster& cluster) {
  const nlohmann::json status = cluster.status();
  int sum = 0;
  for (const nlohmann::json& engine : status.at("engines"))
    sum += engine.at("crashes").get<int>();
  return sum;
}

}  // namespace

TEST_CASE("a run limit ends an endless loop: its engine serves again and nobody is charged") {
  Cluster cluster(1, {"--hwm", "8"});
  muster::Client client;
  const auto view = client.load_balanced_view();
  Gate gate(cluster.sandbox().path());
  const int before = view.apply<process>().get(bound);
  const auto loop =
      view.with({.retries = 3, .timeouts = {.run = 100ms}}).apply<endless>(gate.path());
  std::vector<AsyncResult<int>> neighbours;
  for (int i = 0; i < 5; ++i)
    neighbours.push_back(view.apply<process>());

  const Passed passed = passed_by(loop);
  CHECK(passed.limit == Limit::run);
  CHECK(passed.value == 100ms);
  CHECK_THAT(passed.text, Catch::Contains("run limit of 100 ms"));
  CHECK(gate.notes("endless-").size() == 1);  // its retries are for exceptions
  CHECK(loop.info().attempts == 1);
  for (const auto& neighbour : neighbours) {
    CHECK(neighbour.get(bound) != before);
    CHECK(neighbour.info().engine == 0);
    CHECK(neighbour.info().attempts == 1);
  }
  CHECK(crashes(cluster) == 0);
}

TEST_CASE("a task that obeys its stop token times out and its process lives on") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  Gate gate(cluster.sandbox().path());
  const int before = view.apply<process>().get(bound);
  SECTION("at its run limit") {
    const auto task = view.with({.timeouts = {.run = 50ms}}).apply<until_stopped>(gate.path());
    CHECK(passed_by(task).limit == Limit::run);
    CHECK(task.info().engine == 0);
  }
  SECTION("at its total limit") {
    const auto task = view.with({.timeouts = {.total = 50ms}}).apply<until_stopped>(gate.path());
    // On a slow machine it may not have been started by then.
    CHECK(passed_by(task).limit == Limit::total);
    if (task.info().attempts == 0) return;
  }
  CHECK(gate.notes("obeyed").size() == 1);
  CHECK(view.apply<process>().get(bound) == before);
}

TEST_CASE("a process that can't end itself at a run limit is ended by its node") {
  Cluster cluster(1, {"--hwm", "8"});
  muster::Client client;
  const auto view = client.load_balanced_view();
  const int before = view.apply<process>().get(bound);
  const auto limited = view.with({.timeouts = {.run = 50ms}});
  const bool stopped = GENERATE(true, false);
  CAPTURE(stopped);
  const auto hopeless =
      stopped ? limited.apply<stop_own_process>() : limited.apply<stuck_when_stopped>();
  const auto neighbour = view.apply<process>();
  CHECK(passed_by(hopeless).limit == Limit::run);
  CHECK(neighbour.get(bound) != before);
  CHECK(neighbour.info().attempts == 1);
  CHECK(crashes(cluster) == 0);
}

TEST_CASE("a queue limit passes when there is no engine") {
  Cluster cluster(0);
  muster::Client client;
  const auto task =
      client.load_balanced_view().with({.timeouts = {.queue = 20ms}}).apply<process>();
  const Passed passed = passed_by(task);
  CHECK(passed.limit == Limit::queue);
  CHECK_THAT(passed.text, Catch::Contains("start more engines"));
  const Passed lacking =
      passed_by(client.load_balanced_view({.needs = {"gpu=1"}, .timeouts = {.queue = 20ms}})
                    .apply<process>());
  CHECK(lacking.limit == Limit::queue);
  CHECK_THAT(lacking.text, Catch::Contains("No engine has what it needs, gpu"));
  CHECK(task.info().attempts == 0);
}

TEST_CASE("an initializer has a limit of its own, behind which its process is ended, uncharged") {
  Cluster cluster(1);
  muster::Client client;
  Gate gate(cluster.sandbox().path());
  const auto never =
      client.load_balanced_view({.max_crashes = 1,
                                 .timeouts = {.run = 1h, .init = 50ms},
                                 .initializer = muster::fn<init_endlessly>.with(gate.path())});
  const Passed passed = passed_by(never.apply<process>());
  CHECK(passed.limit == Limit::init);
  CHECK(passed.value == 50ms);
  CHECK_THAT(passed.text, Catch::Contains("init limit of 50 ms") &&
                              Catch::Contains("ViewOptions::timeouts.init"));
  CHECK(gate.notes("endless-").size() == 1);

  const auto once = client.load_balanced_view(
      {.timeouts = {.init = 1s}, .initializer = muster::fn<init_endlessly_once>.with(gate.path())});
  CHECK(passed_by(once.apply<process>()).limit == Limit::init);
  CHECK(once.apply<process>().get(bound) > 0);  // the next process tries again
}

TEST_CASE("a queue limit passes behind a task that runs, also at its engine") {
  Cluster cluster(1, {"--hwm", "2"});
  muster::Client client;
  const auto view = client.load_balanced_view();
  Gate gate(cluster.sandbox().path());
  const auto running = view.apply<behind_gate>(gate.path(), "running");
  REQUIRE(gate.has_notes("running", 1));
  const auto impatient = view.with({.timeouts = {.queue = 20ms}});
  const auto at_the_engine = impatient.apply<behind_gate>(gate.path(), "impatient-1");
  const auto at_the_controller = impatient.apply<behind_gate>(gate.path(), "impatient-2");
  CHECK(passed_by(at_the_engine).limit == Limit::queue);
  CHECK(passed_by(at_the_controller).limit == Limit::queue);
  gate.open();
  CHECK(running.get(bound) == 1);
  CHECK(view.apply<process>().get(bound) > 0);  // what was in front of it has run
  CHECK(gate.notes("impatient").empty());
}

TEST_CASE("of tasks with a queue limit those that ran have values and the others never started") {
  Cluster cluster(1, {"--hwm", "4"});
  muster::Client client;
  const auto view = client.load_balanced_view();
  Gate gate(cluster.sandbox().path());
  std::vector<AsyncResult<int>> results;
  for (int i = 1; i <= 200; ++i) {
    results.push_back(
        view.with({.timeouts = {.queue = 200us * i}}).apply<note_number>(gate.path(), i));
  }
  for (const auto& result : results)
    result.wait_for(bound);
  std::size_t values = 0;
  for (const auto& result : results) {
    if (result.successful()) {
      ++values;
      CHECK(result.info().attempts == 1);
    } else {
      CHECK(passed_by(result).limit == Limit::queue);
      CHECK(result.info().attempts == 0);
    }
  }
  CHECK(gate.notes("number-").size() == values);
}

TEST_CASE("a total limit ends a task that would be tried again for ever") {
  Cluster cluster(2);
  muster::Client client;
  Gate gate(cluster.sandbox().path());
  const auto task = client.load_balanced_view()
                        .with({.retries = 1'000'000'000, .timeouts = {.total = 500ms}})
                        .apply<throws_again>(gate.path());
  const Passed passed = passed_by(task);
  CHECK(passed.limit == Limit::total);
  CHECK(passed.value == 500ms);
}

TEST_CASE("a total limit ends an endless loop, by force and without a crash") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  Gate gate(cluster.sandbox().path());
  const int before = view.apply<process>().get(bound);
  // Long enough that it has started, also on a slow machine; if not, the limit names the same.
  const auto loop = view.with({.timeouts = {.total = 500ms}}).apply<endless>(gate.path());
  CHECK(passed_by(loop).limit == Limit::total);
  const auto after = view.apply<process>();
  CHECK(after.get(bound) > 0);
  if (!gate.notes("endless-").empty()) CHECK(after.get() != before);
  CHECK(crashes(cluster) == 0);
}

TEST_CASE("a value within every limit stands") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view().with(
      {.timeouts = {.queue = bound, .run = bound, .total = bound}});
  CHECK(view.apply<process>().get(bound) > 0);
}

TEST_CASE("limits are of each item of a map, and the error says which item passed one") {
  Cluster cluster(2);
  muster::Client client;
  std::vector<int> numbers(6);
  std::iota(numbers.begin(), numbers.end(), 0);
  const auto map =
      client.load_balanced_view().with({.timeouts = {.run = 200ms}}).map<endless_at_three>(numbers);
  try {
    map.get(bound);
    FAIL("item 3 never ends");
  } catch (const muster::TimedOut& error) {
    CHECK(error.limit() == Limit::run);
    CHECK(muster::item_of(error) == 3u);
  }
  CHECK(crashes(cluster) == 0);
}
