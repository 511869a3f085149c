// Programs that are started again and make only the calls that have no value yet.

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/muster.hpp>

#include "tests/processes/child.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"
#include "tests/processes/sandbox.hpp"

using namespace muster::test;

namespace {

int noted_square(int value, const std::string& gate) {
  std::ofstream(gate + "/calls", std::ios::app) << std::to_string(value) + '\n';
  return value * value;
}
int noted_failure(int value, const std::string& gate) {
  std::ofstream(gate + "/calls", std::ios::app) << std::to_string(value) + '\n';
  if (!std::filesystem::exists(gate + "/open")) throw std::runtime_error("not yet");
  return value;
}

std::vector<int> calls(const Gate& gate) {
  std::ifstream file(gate.path() + "/calls");
  return {std::istream_iterator<int>(file), {}};
}

}  // namespace

TEST_CASE("a program that was killed in a map goes on where it was when it is started again") {
  const Sandbox sandbox;
  const Gate gate(sandbox.path());
  const std::vector<std::string> command{program("person"), "resumed", gate.path()};
  CHECK(run(command, sandbox.path() / "outputs").signal == SIGKILL);
  REQUIRE(sandbox.becomes_empty());
  const Finished second = run(command, sandbox.path() / "outputs");
  CHECK(second.err == "");
  CHECK(second.out == "661.463\n");
  const std::vector<int> made = calls(gate);
  for (int value = 0; value < 100; ++value) {
    const auto times = std::count(made.begin(), made.end(), value);
    CHECK(times >= 1);
    CHECK(times <= (value < 10 ? 1 : 2));  // the values of those before were taken in
  }
  const Finished third = run(command, sandbox.path() / "outputs");
  CHECK(third.out == second.out);
  CHECK(calls(gate).size() == made.size());
}

TEST_CASE("a single call that has a value isn't made again, one that has failed is") {
  const Sandbox sandbox;
  const Gate gate(sandbox.path());
  // As most people write it; one that isn't there yet is the same file for both keys.
  const std::string file = std::filesystem::relative(gate.path() + "/finished");
  const muster::ViewOptions square{.key = "square", .resume = file};
  const muster::ViewOptions failure{.key = "failure", .resume = file};
  {
    const muster::Cluster cluster({.engines = 1});
    const auto view = cluster.load_balanced_view();
    CHECK(view.with(square).apply<noted_square>(7, gate.path()).get(bound) == 49);
    CHECK_THROWS_AS(view.with(failure).apply<noted_failure>(8, gate.path()).get(bound),
                    muster::TaskError);
  }
  gate.open();
  const muster::Cluster cluster({.engines = 1});
  const auto view = cluster.load_balanced_view();
  const auto known = view.with(square).apply<noted_square>(7, gate.path());
  CHECK(known.ready());
  CHECK(known.successful());
  CHECK(known.get() == 49);
  CHECK(known.cancel() == muster::CancelOutcome::finished);
  CHECK(known.info().engine == -1);
  CHECK(view.with({.after = {known}}).apply<noted_square>(2, gate.path()).get(bound) == 4);
  CHECK(view.with(failure).apply<noted_failure>(8, gate.path()).get(bound) == 8);
  CHECK(calls(gate) == std::vector{7, 8, 2, 8});
  CHECK_THROWS_AS(view.with(square).apply<noted_square>(6, gate.path()), muster::TokenReuse);
}

TEST_CASE("a call whose arguments are other results can't be looked up, and says so") {
  const Sandbox sandbox;
  const Gate gate(sandbox.path());
  const muster::Cluster cluster({.engines = 1});
  const auto view = cluster.load_balanced_view();
  const auto first = view.apply<noted_square>(2, gate.path());
  const auto again = view.with({.key = "again", .resume = gate.path() + "/finished"});
  CHECK_THROWS_WITH(again.apply<noted_square>(first, gate.path()),
                    Catch::Contains("get the results first"));
}

TEST_CASE("two programs can't go on in one file at a time") {
  const Sandbox sandbox;
  const Gate gate(sandbox.path());
  const std::string file = gate.path() + "/finished";
  const muster::Cluster cluster({.engines = 1});
  const auto view = cluster.load_balanced_view();
  auto map = view.with({.key = "squares", .resume = file})
                 .map<noted_square>(std::vector{1}, std::vector{gate.path()});
  muster::test::note(gate.path(), "again");
  const Finished other =
      run({program("person"), "resumed", gate.path()}, sandbox.path() / "outputs");
  CHECK(other.code != 0);
  CHECK(other.err.find("is in use by another program") != std::string::npos);
  CHECK(map.get(bound) == std::vector{1});
}
