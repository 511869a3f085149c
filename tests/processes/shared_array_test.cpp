// Arrays that a program and its engines write into together: what is seen, what is locked, and who
// is refused.

#include <csignal>
#include <fstream>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <sched.h>
#include <unistd.h>

#include <muster/muster.hpp>

#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"
#include "tests/processes/sandbox.hpp"

using muster::Context;
using muster::same;
using muster::SharedArray;
using muster::test::bound;
using muster::test::eventually;
using muster::test::Gate;
using muster::test::Sandbox;

namespace {

struct Point {
  double x;
  int hits;
};

void add_slowly(const SharedArray<long>& sum, int n) {
  const auto held = sum.lock();
  const long before = sum[0];
  ::sched_yield();  // others would come in between now
  sum[0] = before + n;
}

}  // namespace

TEST_CASE("workers write their results into an array of the program, by their ids") {
  muster::Pool pool(3);
  const SharedArray<double> sums(3);
  const auto add = [](int n, const SharedArray<double>& sums, Context& context) {
    sums[static_cast<std::size_t>(context.engine())] += n;
  };
  std::vector<int> numbers(1000);
  std::iota(numbers.begin(), numbers.end(), 0);
  pool.load_balanced_view().map(add, numbers, same(sums)).get();
  CHECK(std::accumulate(sums.begin(), sums.end(), 0.0) == 999.0 * 500.0);
}

TEST_CASE("what holds a shared array's lock holds it alone, in all processes") {
  muster::Pool pool(4);
  const SharedArray<long> sum(1);
  pool.set_shared("sum", sum);
  pool.map([](int n, Context& context) { add_slowly(context.shared<SharedArray<long>>("sum"), n); },
           std::vector<int>(2000, 1));
  add_slowly(sum, 1);
  CHECK(sum[0] == 2001);
}

TEST_CASE("the lock of a process that was killed is released") {
  muster::Pool pool(2);
  const SharedArray<int> array(1);
  const auto die = [](const SharedArray<int>& array) {
    const auto held = array.lock();
    ::kill(::getpid(), SIGKILL);
  };
  const auto view = pool.load_balanced_view({.max_crashes = 1});
  CHECK_THROWS_AS(view.apply(die, array).get(bound), muster::Quarantined);
  CHECK(view.apply(
                [](const SharedArray<int>& array) {
                  const auto held = array.lock();
                  return array[0] = 5;
                },
                array)
            .get(bound) == 5);
  CHECK(array[0] == 5);
}

TEST_CASE("a shared array is of structs, too, and an empty one travels") {
  muster::Pool pool(1);
  const SharedArray<Point> points(10);
  const auto hit = [](const SharedArray<Point>& points, int at) {
    ++points[static_cast<std::size_t>(at)].hits;
    return points.size();
  };
  CHECK(pool.apply(hit, points, 9) == 10);
  CHECK(points[9].hits == 1);
  CHECK(pool.apply([](const SharedArray<int>& none) { return none.size(); }, SharedArray<int>()) ==
        0);
}

TEST_CASE("a shared array lives as long as what stands for it, and is found while that does") {
  muster::Pool pool(1);
  const auto size = [](const SharedArray<int>& array) { return array.size(); };
  const auto eight = same(SharedArray<int>(8));
  CHECK(pool.load_balanced_view().apply(size, eight).get(bound) == 8);
  pool.set_shared("nine", SharedArray<int>(9));
  CHECK(pool.apply(
            [](Context& context) { return context.shared<SharedArray<int>>("nine").size(); }) == 9);
}

TEST_CASE("engines let go of a shared array when no task names it any more") {
  muster::Pool pool(1);
  const auto write = [](const SharedArray<char>& array) { array[0] = 1; };
  const auto arrays_here = [] {
    std::ifstream maps("/proc/self/maps");
    int arrays = 0;
    for (std::string line; std::getline(maps, line);)
      arrays += line.find("muster-array") != std::string::npos;
    return arrays;
  };
  for (int i = 0; i < 10; ++i)
    pool.load_balanced_view().apply(write, same(SharedArray<char>(4096))).get(bound);
  CHECK(eventually([&] { return pool.apply(arrays_here) == 0; }));
}

TEST_CASE("a shared array that its program has dropped, or of other elements, is refused") {
  const Sandbox sandbox;
  const Gate gate(sandbox.path());
  muster::Pool pool(1);
  const auto view = pool.load_balanced_view();
  const auto before =
      view.apply([](const std::string& gate) { muster::test::pass(gate); }, gate.path());
  const auto size = [](const SharedArray<int>& array) { return array.size(); };
  const auto late = view.apply(size, SharedArray<int>(8));
  gate.open();
  CHECK_THROWS_WITH(late.get(bound), Catch::Contains("shared array") && Catch::Contains("keep it"));
  const SharedArray<int> numbers(8);
  pool.set_shared("numbers", numbers);
  CHECK_THROWS_WITH(pool.apply([](Context& context) {
    return context.shared<SharedArray<double>>("numbers").size();
  }),
                    Catch::Contains("asked for as"));
  CHECK_THROWS_WITH(SharedArray<double>(SIZE_MAX / 8), Catch::Contains("no memory"));
}
