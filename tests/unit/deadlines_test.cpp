// When limits pass, and what is said of them.

#include "controller/deadlines.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "protocol/time_limit.hpp"

namespace muster::controller {
namespace {

using namespace std::chrono_literals;
using wire::Instant;

constexpr Instant start = Instant{} + 1h;

}  // namespace

TEST_CASE("deadlines come soonest first, whatever the order in which they were added") {
  Deadlines deadlines;
  CHECK(deadlines.next() == Instant::max());
  for (const int ms : {5, 1, 4, 2, 3})
    deadlines.add({.when = start + std::chrono::milliseconds(ms), .counter = 0});
  std::vector<Instant> taken;
  while (!deadlines.empty()) {
    CHECK(deadlines.next() == deadlines.first().when);
    taken.push_back(deadlines.take_first().when);
  }
  CHECK(taken ==
        std::vector<Instant>{start + 1ms, start + 2ms, start + 3ms, start + 4ms, start + 5ms});
}

TEST_CASE("deadlines of settled tasks are swept before they are most of the memory") {
  Deadlines deadlines;
  std::size_t most = 0;
  for (std::uint64_t counter = 1; counter <= 100'000; ++counter) {
    deadlines.add({.when = start + std::chrono::milliseconds(counter % 977), .counter = counter});
    // All but the last hundred tasks have settled.
    if (deadlines.wants_sweep()) {
      deadlines.sweep([&](const Deadlines::Entry& entry) { return entry.counter + 100 < counter; });
    }
    most = std::max(most, deadlines.size());
  }
  CHECK(most <= 1024);
  Instant before{};
  while (!deadlines.empty()) {
    const Deadlines::Entry entry = deadlines.take_first();
    CHECK(before <= entry.when);
    before = entry.when;
  }
}

TEST_CASE("a limit that no clock can reach is none") {
  CHECK(wire::limit_after(start, 5) == start + 5ns);
  CHECK(wire::limit_after(start, 0) == Instant::max());
  CHECK(wire::limit_after(start, -5) == Instant::max());
  CHECK(wire::limit_after(start, INT64_MAX) == Instant::max());
}

TEST_CASE("the end of a task that timed out names the limit, its value and the next step") {
  const auto text = [](Limit limit, std::chrono::nanoseconds value) {
    const wire::Ending ending = wire::ending_of(limit, value.count());
    CHECK(wire::limit_named(ending.limit) == limit);
    CHECK(ending.limit_ns == value.count());
    return ending.text;
  };
  CHECK_THAT(text(Limit::queue, 90min), Catch::Contains("queue limit of 5400 s: start more"));
  CHECK_THAT(text(Limit::run, 250ms), Catch::Contains("run limit of 250 ms: give it less"));
  CHECK_THAT(text(Limit::total, 1500us), Catch::Contains("total limit of 1.5 ms: give it less"));
  CHECK_THAT(text(Limit::wait, 7ns), Catch::Contains("wait limit of 7 ns: the task goes on"));
  CHECK_FALSE(wire::limit_named("soon"));
}

}  // namespace muster::controller
