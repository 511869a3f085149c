// What tasks print arrives with their results, in the engine's log, and nowhere else.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "protocol/cluster_directory.hpp"
#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"

using Catch::Contains;
using muster::TaskOutput;
using muster::test::Cluster;
using muster::test::Gate;

namespace {

using namespace std::chrono_literals;

/// One line in each way that a program has.
int print_in_all_ways(int n) {
  std::printf("printf %d\n", n);
  std::cout << "cout " << n << "\n";
  std::cout << "endl " << n << std::endl;
  std::fprintf(stderr, "stderr %d\n", n);
  std::cerr << "cerr " << n << "\n";
  std::clog << "clog " << n << "\n";
  const std::string raw = "write " + std::to_string(n) + "\n";
  const bool written = ::write(1, raw.data(), raw.size()) > 0;
  const std::string command =
      "echo shell " + std::to_string(n) + "; echo error " + std::to_string(n) + " >&2";
  const bool ran = std::system(command.c_str()) == 0;
  return written && ran ? n : -1;
}
int say_nothing(int n) {
  return n;
}
void write_one_byte_to_stderr() {
  if (::write(2, "!", 1) != 1) throw std::runtime_error("nothing was written");
}
void flood(int lines) {
  for (int i = 0; i < lines; ++i)
    std::printf("line %d of very many\n", i);
}
bool print_and_pass(const std::string& gate) {
  std::printf("before the gate\n");
  std::cerr << "still before\n";
  const bool passed = muster::test::pass(gate);
  std::printf("behind it\n");
  return passed;
}
void print_and_throw() {
  std::printf("reading the file\n");
  std::cerr << "line 7 is bad\x1b[2J\n";
  throw std::runtime_error("no such row");
}
void print_and_crash() {
  std::cerr << "about to divide\n";
  std::abort();
}
int fail_first(muster::Context& context) {
  std::cout << "attempt " << context.attempt() << "\n";
  if (context.attempt() == 1) throw std::runtime_error("not yet");
  return context.attempt();
}
int print_number(int n) {
  std::printf("item %d\n", n);
  return n;
}
int warn_of_seven(int n) {
  if (n == 777) std::cerr << "seven\n";
  if (n == 888) throw std::out_of_range("eights");
  return n;
}

std::string log_of_engine(int engine) {
  std::ostringstream text;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(std::getenv("XDG_STATE_HOME"))) {
    if (entry.path().filename() != "engine-" + std::to_string(engine) + ".log") continue;
    text << std::ifstream(entry.path()).rdbuf();
  }
  return text.str();
}

}  // namespace

TEST_CASE("what a task prints, by whichever way, arrives with its result and in the log") {
  const Cluster cluster(1);
  const muster::Client client;
  const auto view = client.load_balanced_view();
  for (int n = 1; n <= 3; ++n) {
    const auto result = view.apply<print_in_all_ways>(n);
    REQUIRE(result.get() == n);
    const TaskOutput output = result.output();
    const std::string number = std::to_string(n) + "\n";
    for (const char* way : {"printf ", "cout ", "endl ", "write ", "shell "})
      CHECK_THAT(output.out, Contains(way + number));
    for (const char* way : {"stderr ", "cerr ", "clog ", "error "})
      CHECK_THAT(output.err, Contains(way + number));
    CHECK_THAT(output.out, !Contains(std::to_string(n - 1)));
    CHECK(output.out.size() == 8 + 6 + 6 + 7 + 7 + 5);
    CHECK(output.engine == 0);
    const auto silent = view.apply<say_nothing>(n);
    CHECK(silent.get() == n);
    CHECK(silent.output().empty());
  }
  const std::string log = log_of_engine(0);
  CHECK_THAT(log, Contains("printf 1\n") && Contains("error 3\n"));
}

TEST_CASE("a byte that a quick task writes past all buffers is its own, and no neighbour's") {
  const muster::Cluster cluster({.engines = 1});
  const auto view = cluster.load_balanced_view();
  std::vector<muster::AsyncResult<void>> loud;
  std::vector<muster::AsyncResult<int>> silent;
  for (int n = 0; n < 200; ++n) {
    loud.push_back(view.apply<write_one_byte_to_stderr>());
    silent.push_back(view.apply<say_nothing>(n));
  }
  for (std::size_t n = 0; n < loud.size(); ++n) {
    loud[n].get();
    silent[n].wait();
    REQUIRE(loud[n].output().err == "!");
    REQUIRE(silent[n].output().empty());
  }
}

TEST_CASE("of a task that prints very much beginning and end are kept, and it isn't held up") {
  const Cluster cluster(1);
  const muster::Client client;
  const auto result = client.load_balanced_view().apply<flood>(500'000);
  result.wait();
  const TaskOutput output = result.output();
  CHECK(output.out.size() < 66 * 1024);
  CHECK_THAT(output.out, Catch::StartsWith("line 0 of"));
  CHECK_THAT(output.out, Contains("bytes were left out"));
  CHECK_THAT(output.out, Catch::EndsWith("line 499999 of very many\n"));
}

TEST_CASE("what a task has printed can be read while it runs") {
  const Cluster cluster(1);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  const auto result = client.load_balanced_view().apply<print_and_pass>(gate.path());
  CHECK(muster::test::eventually([&] {
    const TaskOutput output = result.output();
    return output.out == "before the gate\n" && output.err == "still before\n";
  }));
  CHECK_FALSE(result.ready());
  gate.open();
  CHECK(result.get());
  CHECK(result.output().out == "before the gate\nbehind it\n");
}

TEST_CASE("lines of tasks are shown while they run, with their engine in front") {
  const Cluster cluster(2);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  const auto results = client.all().apply<print_and_pass>(gate.path());
  std::ostringstream shown;
  CHECK(muster::test::eventually([&] {
    shown.str("");
    CHECK_FALSE(results.stream_output({.patience = 0s, .to = &shown}));
    const std::string text = shown.str();
    return text.find("[0] before the gate\n") != std::string::npos &&
           text.find("[1 stderr] still before\n") != std::string::npos;
  }));
  gate.open();
  shown.str("");
  CHECK(results.stream_output({.to = &shown}));
  CHECK_THAT(shown.str(), Contains("[0] behind it\n") && Contains("[1] behind it\n"));
  shown.str("");
  results.display_outputs({.group_by = muster::GroupBy::engine, .to = &shown});
  CHECK(shown.str() ==
        "[0] before the gate\n[0] behind it\n[0 stderr] still before\n"
        "[1] before the gate\n[1] behind it\n[1 stderr] still before\n");
  auto map = client.load_balanced_view().map<print_number>(std::vector{1, 2});
  shown.str("");
  CHECK(map.stream_output({.to = &shown}));
  CHECK_THAT(shown.str(), Contains("] item 1\n") && Contains("] item 2\n"));
}

TEST_CASE("the error of a task shows the last lines that it printed, unable to move a cursor") {
  const muster::Cluster cluster({.engines = 1});
  const auto result = cluster.load_balanced_view().apply<print_and_throw>();
  try {
    result.get();
    FAIL("it threw nothing");
  } catch (const muster::TaskError& error) {
    CHECK(error.printed() == "reading the file\nline 7 is bad\x1b[2J");
    CHECK_THAT(error.what(), Contains("no such row") && Contains("| reading the file\n"));
    CHECK_THAT(error.what(), Contains("| line 7 is bad\\x1b[2J"));
  }
}

TEST_CASE("the error of a task that ended its processes shows what it printed in each") {
  const Cluster cluster(1);
  const muster::Client client;
  const auto view = client.load_balanced_view();
  CHECK(view.apply<say_nothing>(1).get() == 1);
  const auto result = view.with({.max_crashes = 2}).apply<print_and_crash>();
  try {
    result.get();
    FAIL("it threw nothing");
  } catch (const muster::Quarantined& error) {
    REQUIRE(error.attempts().size() == 2);
    for (const muster::Attempt& attempt : error.attempts())
      CHECK(attempt.text == "about to divide");
  }
  CHECK_THAT(log_of_engine(0), Contains("about to divide\n"));
}

TEST_CASE("a task that is tried again has the output of its last attempt") {
  const muster::Cluster cluster({.engines = 1});
  const auto result = cluster.load_balanced_view().with({.retries = 1}).apply<fail_first>();
  CHECK(result.get() == 2);
  CHECK(result.output().out == "attempt 2\n");
}

TEST_CASE("each item of a map and each engine of a direct view has its own output") {
  const muster::Cluster cluster({.engines = 2});
  std::vector<int> inputs(5000);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    inputs[i] = static_cast<int>(i);
  auto map = cluster.load_balanced_view().map<print_number>(inputs);
  CHECK(map.get() == inputs);
  const auto outputs = map.output();
  REQUIRE(outputs.size() == inputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    REQUIRE(outputs[i].index == i);
    REQUIRE(outputs[i].count == 1);
    REQUIRE(outputs[i].out == "item " + std::to_string(i) + "\n");
  }
  const auto engines = cluster.all().apply<print_number>(7);
  engines.wait();
  for (const TaskOutput& output : engines.output())
    CHECK(output.out == "item 7\n");
  CHECK(engines.output()[1].engine == 1);
}

TEST_CASE("a quick item that prints without a buffer is found among its neighbours") {
  const muster::Cluster cluster({.engines = 1});
  std::vector<int> inputs(20'000);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    inputs[i] = static_cast<int>(i);
  auto map = cluster.load_balanced_view().map<warn_of_seven>(inputs);
  map.wait();
  const auto outputs = map.output();
  REQUIRE(outputs.size() == 1);
  CHECK(outputs[0].err == "seven\n");
  CHECK(outputs[0].index <= 777);
  CHECK(outputs[0].index + outputs[0].count > 777);
}
