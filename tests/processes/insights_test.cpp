// How the workers of a pool have spent their time.

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/gate.hpp"
#include "tests/processes/sandbox.hpp"

using namespace std::chrono_literals;
using Catch::Contains;
using muster::Insights;
using muster::Pool;
using muster::WorkerInsights;
using nlohmann::json;

namespace {

int slowly(int milliseconds, const std::string&) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  return milliseconds;
}
int quick(int x) {
  return x + 1;
}
int refuse(int x) {
  throw std::range_error(std::to_string(x));
}
void begin_slowly() {
  std::this_thread::sleep_for(20ms);
}
int end_slowly() {
  std::this_thread::sleep_for(10ms);
  return 1;
}
int meet(const std::string& gate) {
  muster::test::note(gate, "came-" + std::to_string(::getpid()));
  muster::test::pass(gate);
  return 0;
}

std::vector<std::pair<int, std::string>> naps() {
  std::vector<std::pair<int, std::string>> naps;
  for (int i = 1; i <= 12; ++i)
    naps.emplace_back(i, "nap " + std::to_string(i));
  return naps;
}

/// All of a worker's time is accounted for.
std::chrono::nanoseconds sum(const WorkerInsights& worker) {
  return worker.start_up + worker.init + worker.waiting + worker.working + worker.exit;
}

}  // namespace

TEST_CASE("insights say what each worker has done, and account for all of its time") {
  const muster::test::Sandbox sandbox;
  const muster::test::Gate gate(sandbox.path());
  Pool pool(2, {.initializer = muster::fn<begin_slowly>, .exit = muster::fn<end_slowly>});
  // Else the first worker that is there may do all before the other one is.
  const auto first = pool.apply_async<meet>({gate.path()});
  const auto second = pool.apply_async<meet>({gate.path()});
  REQUIRE(gate.has_notes("came-", 2));
  gate.open();
  CHECK(first.get() + second.get() == 0);
  pool.starmap<slowly>(naps(), {.chunk_size = 1});
  CHECK_THROWS_AS(pool.apply<refuse>(3), muster::TaskError);
  const auto check = [](const Insights& insights) {
    REQUIRE(insights.workers.size() == 2);
    CHECK(insights.tasks() == 15);
    CHECK(insights.failed() == 1);
    std::chrono::nanoseconds working{};
    for (const WorkerInsights& worker : insights.workers) {
      CHECK(worker.start_up > 0ns);
      CHECK(worker.init >= 20ms);
      CHECK(sum(worker) == insights.time);
      working += worker.working;
      for (const WorkerInsights::Bar& bar : worker.bars) {
        CHECK(bar.begin >= worker.start_up);
        CHECK(bar.end <= insights.time);
        CHECK(bar.busy <= bar.end - bar.begin);
      }
    }
    CHECK(working >= 78ms);  // 1 + 2 + … + 12
    CHECK(insights.parallel_efficiency() > 0);
    CHECK(insights.parallel_efficiency() <= 1);
  };
  const Insights before = pool.insights();
  check(before);
  pool.close();
  pool.join();
  const Insights after = pool.insights();
  check(after);
  CHECK(after.time > before.time);
  for (const WorkerInsights& worker : after.workers)
    CHECK(worker.exit >= 10ms);
}

TEST_CASE("insights name five of the longest tasks, with their arguments") {
  Pool pool(2);
  pool.starmap<slowly>(naps(), {.chunk_size = 3});
  pool.apply<slowly>(40, "nap 40");
  const Insights insights = pool.insights();
  REQUIRE(insights.longest.size() == 5);
  for (const muster::LongTask& task : insights.longest) {
    CHECK_THAT(task.function, Contains("slowly"));
    int milliseconds = 0;
    REQUIRE(std::sscanf(task.arguments.c_str(), "(%d, ", &milliseconds) == 1);
    const std::string text = std::to_string(milliseconds);
    CHECK(task.arguments == "(" + text + ", \"nap " + text + "\")");
    CHECK(task.run >= std::chrono::milliseconds(milliseconds));
    CHECK((task.worker == 0 || task.worker == 1));
  }
}

TEST_CASE("insights count quick tasks exactly, and stay small however many there are") {
  Pool pool(2);
  std::vector<int> xs(200'000);
  std::iota(xs.begin(), xs.end(), 0);
  pool.map<quick>(xs);
  const Insights insights = pool.insights();
  CHECK(insights.tasks() == xs.size());
  CHECK(insights.svg().size() < 2'000'000);
}

TEST_CASE("insights come as text, as JSON and as a picture that any browser reads") {
  Pool pool(9);
  pool.starmap<slowly>(naps());
  const Insights insights = pool.insights();
  std::ostringstream text;
  text << insights;
  for (const char* row : {"start-up", "init", "waiting", "working", "exit", "mean", "deviation",
                          "parallel efficiency", "longest tasks", "\"nap "})
    CHECK_THAT(text.str(), Contains(row));
  std::istringstream lines(text.str());
  for (std::string line; std::getline(lines, line);)
    CHECK(line.size() <= 120);

  const json object = json::parse(insights.json());
  CHECK(object.at("tasks") == 12);
  CHECK(object.at("workers").size() == 9);
  double ratios = 0;
  for (const auto& [phase, ratio] : object.at("workers").at(0).at("ratios").items())
    ratios += ratio.get<double>();
  CHECK(ratios == Approx(1));
  CHECK(object.at("mean").at("working").get<double>() > 0);
  CHECK_THAT(object.at("longest").at(0).at("arguments").get<std::string>(), Contains("\"nap "));

  CHECK_THAT(insights.svg(), Catch::StartsWith("<svg ") && Contains("worker 8"));
  CHECK_THAT(insights.html(), Contains("<svg ") && Contains("start-up") && !Contains("src="));
}

TEST_CASE("a pool without work has insights, and one that wants none has none") {
  Pool pool(2);
  CHECK(pool.insights().tasks() == 0);
  CHECK(pool.insights().workers.size() == 2);
  Pool without(1, {.insights = false});
  CHECK_THROWS_WITH(without.insights(), Contains("PoolOptions::insights"));
}
