// Views of engines that the user names, and the values that live there.

#include <csignal>
#include <memory>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/patience.hpp"

using Catch::Contains;
using muster::Reference;
using muster::test::bound;

namespace {

int where(muster::Context& context) {
  return context.engine();
}
int add_where(muster::Context& context, int n) {
  return n + context.engine();
}
std::int64_t own_pid() {
  return ::getpid();
}
int fail_on_odd(muster::Context& context) {
  if (context.engine() % 2 == 1) throw std::out_of_range("odd");
  return context.engine();
}
double sum(std::span<const double> numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0.0);
}
double sum_of_copy(std::vector<double> numbers, double more) {
  return sum(numbers) + more;
}
std::size_t length(std::string_view text) {
  return text.size();
}
int square(int n) {
  return n * n;
}

}  // namespace

TEST_CASE("one engine gives a value, several give a vector in the order of the view") {
  const muster::Cluster cluster({.engines = 4});
  CHECK(cluster.ids() == std::vector{0, 1, 2, 3});
  const int one = cluster[2].apply<where>().get(bound);
  CHECK(one == 2);
  CHECK(cluster[-1].engine() == 3);
  const std::vector<int> several = cluster[{3, 0}].apply<where>().get(bound);
  CHECK(several == std::vector{3, 0});
  CHECK(cluster[{-2}].apply<where>().get(bound) == std::vector{2});
  CHECK(cluster[std::vector{1, 1}].apply<add_where>(10).get(bound) == std::vector{11, 11});
  CHECK(cluster.slice(0, 4, 2).apply<where>().get(bound) == std::vector{0, 2});
  CHECK(cluster.slice(-2).targets() == std::vector{2, 3});
  CHECK(cluster.all().apply([](muster::Context& context) { return context.engine(); }).get(bound) ==
        std::vector{0, 1, 2, 3});
  CHECK(cluster.all().apply<where>().get_dict().at(2) == 2);
  CHECK_THROWS_WITH(cluster[4], Contains("there is no engine 4: the cluster has 0, 1, 2, 3"));
  CHECK_THROWS_AS(cluster[-5], muster::ClusterError);
  CHECK_THROWS_WITH(cluster.slice(4).apply<where>(), Contains("no engines"));
}

TEST_CASE("every engine's error is kept, with the engine, and the others have their values") {
  const muster::Cluster cluster({.engines = 4});
  const auto results = cluster.all().apply<fail_on_odd>();
  try {
    results.get(bound);
    FAIL("two engines have thrown");
  } catch (const muster::CompositeError& error) {
    REQUIRE(error.parts().size() == 2);
    CHECK(error.parts()[0].engine == 1);
    CHECK(error.parts()[1].engine == 3);
    CHECK(error.parts()[1].index == 3);
    CHECK_THROWS_AS(std::rethrow_exception(error.parts()[1].error), muster::TaskError);
    CHECK_THAT(error.what(), Contains("2 parts") && Contains("[1] std::out_of_range: odd") &&
                                 Contains("[3] std::out_of_range: odd"));
  }
  CHECK_FALSE(results.successful());
  CHECK(results[2].get() == 2);
  CHECK(results.engines() == std::vector{0, 1, 2, 3});
}

TEST_CASE("results of several engines can be waited for like any others") {
  const muster::Cluster cluster({.engines = 3});
  const auto results = cluster.all().apply<where>();
  int total = 0;
  for (const auto& result : muster::as_completed(results))
    total += result.get();
  CHECK(total == 3);
  CHECK(muster::wait(results, bound).done.size() == 3);
}

TEST_CASE("what was pushed is pulled from each engine, and stays there for every task") {
  const muster::Cluster cluster({.engines = 2});
  const auto all = cluster.all();
  all.push("x", std::vector{1.5, 2.5}).get(bound);
  all.push("name", "text").get(bound);
  cluster[1].push<double>("more", 3).get(bound);
  CHECK(all.pull<std::vector<double>>("x").get(bound) ==
        std::vector<std::vector<double>>(2, {1.5, 2.5}));
  CHECK(all.apply<sum>(Reference{"x"}).get(bound) == std::vector{4.0, 4.0});
  CHECK(all.apply<length>(Reference{"name"}).get(bound) == std::vector<std::size_t>{4, 4});
  CHECK(cluster[1].apply<sum_of_copy>(Reference{"x"}, Reference{"more"}).get(bound) == 7.0);
  CHECK(cluster[1].apply<sum_of_copy>(Reference{"x"}, 1).get(bound) == 5.0);
  CHECK(cluster.load_balanced_view().apply<sum>(Reference{"x"}).get(bound) == 4.0);
  // A task has it as it is: no copy, the same object each time.
  const auto address = [](muster::Context& context) {
    return reinterpret_cast<std::uintptr_t>(context.pull<std::vector<double>>("x").data());
  };
  CHECK(cluster[0].apply(address).get(bound) == cluster[0].apply(address).get(bound));
}

TEST_CASE("rule 20: what is called after a push finds the value there, however large it is") {
  const muster::Cluster cluster({.engines = 2});
  const auto all = cluster.all();
  const auto anywhere = cluster.load_balanced_view();
  for (int round = 1; round <= 10; ++round) {
    const std::vector<double> large(500'000, round);
    const double total = 500'000.0 * round;
    all.push("x", large);
    CHECK(all.apply<sum>(Reference{"x"}).get(bound) == std::vector{total, total});
    all.push("x", large);
    CHECK(anywhere.apply<sum>(Reference{"x"}).get(bound) == total);
    all.clear().get(bound);
    all.push("x", large);
    const auto first = [](muster::Context& context, int) {
      return context.pull<std::vector<double>>("x").front();
    };
    CHECK(anywhere.map(first, std::vector{1, 2, 3}).get() == std::vector<double>(3, round));
    // The last one stays, though it is small and the one before isn't.
    all.push("x", large);
    all.push("x", std::vector{0.5});
    CHECK(all.apply<sum>(Reference{"x"}).get(bound) == std::vector{0.5, 0.5});
    all.clear();
  }
}

TEST_CASE("a task pushes a value for those after it, and may push its name again while it reads") {
  const muster::Cluster cluster({.engines = 1});
  const auto engine = cluster[0];
  engine.apply([](muster::Context& context) { context.push("count", 1); }).get(bound);
  const auto count = [](muster::Context& context) {
    const int& before = context.pull<int>("count");
    context.push("count", before + 1);
    context.push("text", "as a std::string");
    return before;
  };
  CHECK(engine.apply(count).get(bound) == 1);
  CHECK(engine.apply(count).get(bound) == 2);
  CHECK(engine.pull<int>("count").get(bound) == 3);
  CHECK(engine.pull<std::string>("text").get(bound) == "as a std::string");
  const auto known = [](muster::Context& context, const std::string& name) {
    return context.has(name);
  };
  CHECK(engine.apply(known, "count").get(bound));
  engine.clear("count").get(bound);
  CHECK_FALSE(engine.apply(known, "count").get(bound));
  CHECK(engine.apply(known, "text").get(bound));
  engine.clear().get(bound);
  CHECK_FALSE(engine.apply(known, "text").get(bound));
}

TEST_CASE("a name that isn't there is UnknownName, and another type is WrongType with both names") {
  const muster::Cluster cluster({.engines = 2});
  cluster[0].push("x", std::vector<float>{1}).get(bound);
  CHECK_THROWS_AS(cluster[1].pull<int>("x").get(bound), muster::UnknownName);
  CHECK_THROWS_WITH(cluster[1].apply<sum>(Reference{"x"}).get(bound),
                    Contains("\"x\"") && Contains("engine 1"));
  CHECK_THROWS_AS(cluster[0].apply<sum>(Reference{"x"}).get(bound), muster::WrongType);
  CHECK_THROWS_WITH(
      cluster[0].apply<sum>(Reference{"x"}).get(bound),
      Contains("is of type std::vector<float>") && Contains("as std::vector<double>"));
  try {
    cluster.all().pull<std::vector<float>>("x").get(bound);
    FAIL("engine 1 has none");
  } catch (const muster::CompositeError& error) {
    REQUIRE(error.parts().size() == 1);
    CHECK(error.parts()[0].engine == 1);
    CHECK_THROWS_AS(std::rethrow_exception(error.parts()[0].error), muster::UnknownName);
  }
}

TEST_CASE("rule 17: values end with the process of their engine, and nobody gets a default") {
  const muster::Cluster cluster({.engines = 2});
  cluster.all().push("x", 7).get(bound);
  const auto pid = static_cast<pid_t>(cluster[0].apply<own_pid>().get(bound));
  REQUIRE(::kill(pid, SIGKILL) == 0);
  // Nobody knows whether this one meets the old process or the new one.
  try {
    cluster[0].apply<own_pid>().get(bound);
  } catch (const muster::EngineLost&) {
  }
  CHECK_THROWS_AS(cluster[0].pull<int>("x").get(bound), muster::UnknownName);
  CHECK(cluster[1].pull<int>("x").get(bound) == 7);
}

TEST_CASE("a vector is scattered in blocks, the remainder first, and gathered again") {
  const muster::Cluster cluster({.engines = 3});
  const auto all = cluster.all();
  std::vector<double> xs(8);
  std::iota(xs.begin(), xs.end(), 0.0);
  all.scatter("x", xs).get(bound);
  CHECK(all.pull<std::vector<double>>("x").get(bound) ==
        std::vector<std::vector<double>>{{0, 1, 2}, {3, 4, 5}, {6, 7}});
  CHECK(all.gather<double>("x").get(bound) == xs);
  CHECK(all.apply<sum>(Reference{"x"}).get(bound) == std::vector{3.0, 12.0, 13.0});

  all.scatter("x", xs, {.distribution = muster::Distribution::round_robin}).get(bound);
  CHECK(cluster[1].pull<std::vector<double>>("x").get(bound) == std::vector<double>{1, 4, 7});
  CHECK(all.gather<double>("x", muster::Distribution::round_robin).get(bound) == xs);

  const std::vector<std::string> two{"a", "b"};
  all.scatter("words", two).get(bound);
  CHECK(all.gather<std::string>("words").get(bound) == two);
  CHECK(cluster[2].pull<std::vector<std::string>>("words").get(bound).empty());

  all.scatter("one", std::vector{10, 20, 30}, {.flatten = true}).get(bound);
  CHECK(all.pull<int>("one").get(bound) == std::vector{10, 20, 30});
  CHECK_THROWS_WITH(all.scatter("one", two, {.flatten = true}), Contains("2 items for 3 engines"));
}

TEST_CASE("a map of a direct view has a contiguous part on each engine, the remainder first") {
  const muster::Cluster cluster({.engines = 3});
  const auto all = cluster.all();
  std::vector<int> input(8);
  std::iota(input.begin(), input.end(), 0);
  CHECK(all.map<square>(input).get(bound) == std::vector{0, 1, 4, 9, 16, 25, 36, 49});
  CHECK(all.map<add_where>(std::vector<int>(8)).get(bound) == std::vector{0, 0, 0, 1, 1, 1, 2, 2});
  const std::vector<std::string> words{"a", "bc"};
  CHECK(all.map<length>(words).get(bound) == std::vector<std::size_t>{1, 2});
  CHECK(all.map([](int a, double b) { return a * b; }, input, std::vector{0.5, 1.5}).get(bound) ==
        std::vector{0.0, 1.5});
  CHECK(all.map<square>(std::vector<int>()).get(bound).empty());
  CHECK(all.map([](int a, int b) { return a - b; }, std::vector{5, 6, 7, 8}, std::vector{1, 2, 3})
            .get(bound) == std::vector{4, 4, 4});
  all.map([](muster::Context& context, int n) { context.push("last", n); }, input).get(bound);
  CHECK(all.pull<int>("last").get(bound) == std::vector{2, 5, 7});
}

TEST_CASE("a map of a direct view keeps the error of each item, with its index and engine") {
  const muster::Cluster cluster({.engines = 2});
  const auto refuse = [](int n) {
    if (n % 3 == 0) throw std::out_of_range("a multiple of three");
    return n;
  };
  try {
    cluster.all().map(refuse, std::vector{1, 3, 2, 4, 6, 9}).get(bound);
    FAIL("three items have thrown");
  } catch (const muster::CompositeError& error) {
    REQUIRE(error.parts().size() == 3);
    CHECK(error.parts()[0].index == 1);
    CHECK(error.parts()[0].engine == 0);
    CHECK(error.parts()[2].index == 5);
    CHECK(error.parts()[2].engine == 1);
    CHECK_THAT(error.what(), Contains("[0] item 1: std::out_of_range: a multiple of three"));
  }
}

TEST_CASE("a task is executed for its effect, whatever it returns") {
  const muster::Cluster cluster({.engines = 2});
  const auto set = [](muster::Context& context, int n) {
    context.push("n", n);
    return std::make_unique<std::string*>();  // can't travel
  };
  cluster.all().execute(set, 5).get(bound);
  CHECK(cluster.all().pull<int>("n").get(bound) == std::vector{5, 5});
  CHECK_THROWS_AS(cluster[1].execute<fail_on_odd>().get(bound), muster::TaskError);
}

TEST_CASE("options that mean nothing for an engine are refused, time limits hold there too") {
  const muster::Cluster cluster({.engines = 1});
  CHECK_THROWS_WITH(cluster[0].with({.retries = 1}), Contains("retries"));
  CHECK_THROWS_WITH(cluster.all().with({.chunk = 2}), Contains("chunk"));
  const auto forever = [](std::stop_token stop) {
    while (!stop.stop_requested())
      ::poll(nullptr, 0, 1);
  };
  const auto view = cluster[0].with({.timeouts = {.run = std::chrono::milliseconds(20)}});
  CHECK_THROWS_AS(view.apply(forever).get(bound), muster::TimedOut);
}
