// Task modules: functions that a program doesn't have, called by name.

#include <algorithm>
#include <filesystem>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/patience.hpp"

namespace fs = std::filesystem;
using Catch::Contains;
using muster::Remote;
using muster::test::bound;
using muster::test::Cluster;
using muster::test::Finished;
using muster::test::program;

namespace own {

double half(double x) {
  return x / 2;
}
int next(int x) {
  return x + 1;
}

}  // namespace own

static const muster::Exports<own::next> exported;

namespace {

constexpr Remote<int(int)> answer{"jobs::answer"};
constexpr Remote<int(int)> sum{"jobs::sum"};
constexpr Remote<double(double)> solve{"jobs::solve"};

const fs::path one = MUSTER_JOBS_ONE;
const fs::path two = MUSTER_JOBS_TWO;

}  // namespace

TEST_CASE("functions of a task module are called by name, with values, in every view") {
  Cluster cluster(2);
  muster::Client client;
  const muster::Module module = client.load(one);
  CHECK(module.path() == fs::canonical(one));
  CHECK(module.digest().size() == 64);
  const auto view = client.load_balanced_view();
  CHECK(view.apply<answer>(9).get(bound) == 109);
  CHECK(view.apply<solve>(3).get(bound) == 1.5);  // converted to what the signature says
  CHECK(view.apply(Remote<int(int)>{"square"}, 5).get(bound) == 25);
  CHECK(view.apply<Remote<int(int)>{"hidden"}>(5).get(bound) == -5);
  CHECK(view.apply<Remote<int(int)>{"from_static_object"}>(2).get(bound) == 3);
  CHECK(view.apply<Remote<int(int)>{"jobs::over"}>(1).get(bound) == 2);
  CHECK(view.apply<Remote<double(double)>{"jobs::over"}>(1).get(bound) == 1.5);
  constexpr Remote<std::string(const std::string&, muster::Context&)> greet{"jobs::greet"};
  CHECK_THAT(view.apply<greet>("hello").get(bound), Catch::StartsWith("hello on engine "));
  CHECK(client[1].apply<greet>("hello").get(bound) == "hello on engine 1");
  CHECK(client.all().apply<answer>(1).get(bound) == std::vector{101, 101});

  std::vector<int> xs(1000);
  std::iota(xs.begin(), xs.end(), 0);
  std::vector<int> expected;
  for (const int x : xs)
    expected.push_back(100 + x);
  CHECK(std::ranges::equal(view.map<answer>(xs), expected));
  CHECK(client.all().map<answer>(xs).get(bound) == expected);
}

TEST_CASE("what is kept on the engines stands for arguments of calls by name, too") {
  Cluster cluster(2);
  muster::Client client;
  client.load(one);
  constexpr Remote<int(std::vector<int>, int)> weighted{"jobs::weighted"};
  constexpr Remote<double(std::span<const double>, double, std::string_view)> first_of{
      "jobs::first_of"};
  constexpr Remote<int(std::vector<int>, muster::Context&, std::string)> consumed{"jobs::consumed"};
  const auto view = client.load_balanced_view();
  const auto engines = client.all();

  const auto xs = muster::same(std::vector{1, 2, 3});
  CHECK(view.apply<weighted>(xs, 10).get(bound) == 60);
  CHECK(view.apply<weighted>(xs, view.apply<answer>(0)).get(bound) == 600);
  const std::vector<int> weights{1, 2, 3, 4, 5, 6, 7};
  const std::vector<int> sums{6, 12, 18, 24, 30, 36, 42};
  CHECK(view.map<weighted>(xs, weights).get() == sums);
  CHECK(engines.map<weighted>(xs, weights).get(bound) == sums);
  const auto numbers = muster::same(std::vector<double>(200'000, 0.5));
  const auto text = muster::same(std::string("text"));
  CHECK(view.apply<first_of>(numbers, 1, text).get(bound) == 1.5);
  CHECK(engines.map<first_of>(numbers, std::vector{1.0, 2.0}, text).get(bound) ==
        std::vector{1.5, 2.5});

  // What a function of the module keeps on an engine, another one finds there.
  engines.execute<consumed>(xs, "four").get(bound);
  CHECK(engines.apply<weighted>(muster::Reference{"consumed"}, 2).get(bound) ==
        std::vector{14, 14});
  CHECK(client[1].apply(weighted, muster::Reference{"consumed"}, 3).get(bound) == 21);
  CHECK(client[0].apply<consumed>(muster::Reference{"consumed"}, "seven77").get(bound) == 7);
  CHECK(engines.apply<weighted>(muster::Reference{"consumed"}, 1).get(bound) == std::vector{8, 7});
  engines.execute(weighted, std::vector{1}, 1).get(bound);
  CHECK_THROWS_AS(client[0].apply<weighted>(muster::Reference{"nothing"}, 1).get(bound),
                  muster::UnknownName);
  const auto alone = client[0].apply<Remote<int(std::unique_ptr<int>)>{"jobs::alone"}>(
      muster::Reference{"consumed"});
  CHECK_THROWS_WITH(alone.get(bound), Contains("has to take it as const T&"));
}

TEST_CASE("what a module's function throws comes back as what any function throws") {
  Cluster cluster(1);
  muster::Client client;
  client.load(one);
  constexpr Remote<int(int)> fails{"jobs::fails"};
  const auto result = client.load_balanced_view().apply<fails>(-1);
  try {
    result.get(bound);
    FAIL("it should have thrown");
  } catch (const muster::TaskError& error) {
    CHECK(error.type() == "std::out_of_range");
    CHECK(error.text() == "less than nothing");
    CHECK_THROWS_AS(std::rethrow_if_nested(error), std::out_of_range);
  }
}

TEST_CASE("modules and programs pass values on to each other, and take turns on one engine") {
  Cluster cluster(1);
  muster::Client client;
  client.load(one);
  const auto view = client.load_balanced_view();
  const auto first = view.apply<solve>(8);
  const auto second = view.apply<own::half>(first);
  const auto third = view.with({.after = {second}}).apply<solve>(second);
  CHECK(third.get(bound) == 1.0);
  // The processes of both stay.
  constexpr Remote<int()> process{"jobs::process"};
  const int before = view.apply<process>().get(bound);
  CHECK(view.apply([] { return ::getpid(); }).get(bound) != before);
  CHECK(view.apply<process>().get(bound) == before);
}

TEST_CASE("two modules with functions of the same names don't mix") {
  Cluster cluster(1);
  muster::Client client;
  const muster::Module first = client.load(one);
  const muster::Module second = client.load(two);
  CHECK(first.digest() != second.digest());
  const auto view = client.load_balanced_view();
  for (int round = 0; round < 2; ++round) {
    CHECK(view.from(first).apply<answer>(9).get(bound) == 109);
    CHECK(view.from(second).apply<answer>(9).get(bound) == 209);
    CHECK(view.from(first).apply<sum>(2).get(bound) == 400);
    CHECK(view.from(second).apply<sum>(2).get(bound) == 800);
  }
  CHECK(client[0].from(second).apply<answer>(1).get(bound) == 201);
  CHECK(view.from(first).with({.label = "first"}).apply<answer>(1).get(bound) == 101);
  CHECK_THROWS_WITH(view.apply<answer>(9), Contains("2 task modules") && Contains("view.from"));
}

TEST_CASE("a program that shows all its symbols doesn't take the place of a module's") {
  Cluster cluster(0);
  const Finished host = muster::test::run({program("exporting_host"), one, two},
                                          cluster.sandbox().path() / "outputs");
  INFO(host.err);
  CHECK(host.out == "9 9 0\n109 400\n209 800\n");
}

TEST_CASE("a name that nobody exports is UnknownTask, with the nearest one that is") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  CHECK(view.apply<Remote<int(int)>{"own::next"}>(1).get(bound) == 2);  // this program's own
  const auto missing = view.apply<Remote<int(int)>{"own::nxet"}>(1);
  CHECK_THROWS_AS(missing.get(bound), muster::UnknownTask);
  CHECK_THROWS_WITH(missing.get(bound),
                    Contains("int own::nxet(int)") && Contains("did you mean own::next?"));
  client.load(one);
  CHECK_THROWS_WITH(view.apply<Remote<int(int)>{"own::next"}>(1).get(bound),
                    Contains("there is no int own::next(int) here"));
  const auto other = view.apply<Remote<double(int)>{"jobs::over"}>(1);
  CHECK_THROWS_AS(other.get(bound), muster::UnknownTask);
  CHECK_THROWS_WITH(other.get(bound), Contains("called as double jobs::over(int)") &&
                                          Contains("double jobs::over(double)") &&
                                          Contains("int jobs::over(int)"));
  CHECK_THROWS_AS(Remote<int(int)>{"two words"}, std::invalid_argument);
}

TEST_CASE("what a static library only exports isn't in a module, what an OBJECT library does is") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  constexpr Remote<int(int)> aside{"aside"};
  CHECK_THROWS_AS(view.from(client.load(one)).apply<aside>(1).get(bound), muster::UnknownTask);
  CHECK(view.from(client.load(two)).apply<aside>(1).get(bound) == 8);
}

TEST_CASE("a file that is no task module is refused, and it is said why") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  CHECK_THROWS_WITH(client.load("/nowhere/jobs.so"), Contains("/nowhere/jobs.so: No such file"));
  CHECK_THROWS_WITH(client.load(MUSTER_SOURCE_DIR "/README.md"), Contains("is no task module"));
  CHECK_THROWS_WITH(client.load("/bin/sh"), Contains("is no task module"));
  const auto library = view.from(client.load(MUSTER_ODD_LIBRARY)).apply<answer>(1);
  CHECK_THROWS_AS(library.get(bound), muster::ImageMismatch);
  CHECK_THROWS_WITH(library.get(bound), Contains("is no task module"));
  const auto lacking =
      view.from(client.load(MUSTER_JOBS_LACKING)).apply<Remote<int()>{"muster_odd_number"}>();
  CHECK_THROWS_AS(lacking.get(bound), muster::ImageMismatch);
  CHECK_THROWS_WITH(lacking.get(bound), Contains("libmuster_odd_library.so is missing there"));
  const auto foreign =
      view.from(client.load(MUSTER_JOBS_FOREIGN)).apply<Remote<int()>{"muster_odd_number"}>();
  CHECK_THROWS_AS(foreign.get(bound), muster::ImageMismatch);
  CHECK_THROWS_WITH(foreign.get(bound),
                    Contains("another version of Muster") && Contains("another standard library"));
}

TEST_CASE("another program's exported functions are called by name, as a module's are") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  const muster::Module host = client.load(program("exporting_host"));
  CHECK(view.from(host).apply<answer>(9).get(bound) == 9);
  const auto none = view.from(client.load(program("module_user"))).apply<answer>(9);
  CHECK_THROWS_WITH(none.get(bound), Contains("nothing is exported"));
}

TEST_CASE("a module that is built again is another one, and the old one stays what it was") {
  Cluster cluster(1);
  muster::Client client;
  const auto view = client.load_balanced_view();
  const fs::path path = cluster.sandbox().path() / "jobs.so";
  fs::copy_file(one, path);
  const muster::Module before = client.load(path);
  CHECK(client.load(path).digest() == before.digest());
  // Before any engine has seen it.
  fs::remove(path);
  fs::copy_file(two, path);
  const muster::Module after = client.load(path);
  CHECK(view.from(after).apply<answer>(9).get(bound) == 209);
  CHECK(view.from(before).apply<answer>(9).get(bound) == 109);
}

TEST_CASE("tasks of modules survive their engine and a controller that is started again") {
  Cluster cluster(2);
  muster::Client client;
  client.load(one);
  const auto view = client.load_balanced_view();
  CHECK(view.apply<answer>(1).get(bound) == 101);
  cluster.kill_controller();
  CHECK(view.apply<answer>(2).get(bound) == 102);
  for (const pid_t engine : cluster.engines()) {
    if (engine > 0) ::kill(engine, SIGKILL);
  }
  CHECK(view.apply<answer>(3).get(bound) == 103);
}
