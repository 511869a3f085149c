// What a long run looks like afterwards, in bounded memory.

#include "controller/timeline.hpp"

#include <cstdint>
#include <numeric>

#include <catch2/catch.hpp>

namespace muster::controller {
namespace {

constexpr std::int64_t millisecond = 1'000'000;

struct Sum {
  std::size_t spans = 0;
  std::uint64_t tasks = 0;
  std::uint64_t failed = 0;
  std::int64_t busy = 0;
};

Sum sum_of(const Timeline& timeline) {
  Sum sum;
  for (const auto& row : timeline.spans()) {
    for (const Timeline::Span& span : row) {
      ++sum.spans;
      sum.tasks += span.count;
      sum.failed += span.failed;
      sum.busy += span.busy;
    }
  }
  return sum;
}

}  // namespace

TEST_CASE("a task that ended with its process is shown, and not over what ended before it") {
  Timeline timeline;
  timeline.add(0, 7, 10, 5, false);
  timeline.add_cut(0, 8, 40, 30);
  timeline.add_cut(1, 8, 40, 30);
  const Timeline::Span& after = timeline.spans()[0].back();
  CHECK(after.begin == 15);
  CHECK(after.end == 40);
  CHECK(after.busy == 25);
  CHECK(after.failed == 1);
  CHECK(timeline.spans()[1].back().begin == 10);
}

TEST_CASE("a short run is shown task by task") {
  Timeline timeline;
  timeline.add(2, 7, 10, 5, false);
  timeline.add(2, 7, 15, 5, true);
  timeline.add(0, 8, 12, 1, false);
  timeline.add_death(2, 30);
  REQUIRE(timeline.spans().size() == 3);
  CHECK(timeline.spans()[1].empty());
  REQUIRE(timeline.spans()[2].size() == 3);
  CHECK(timeline.spans()[2][1].begin == 15);
  CHECK(timeline.spans()[2][1].end == 20);
  CHECK(timeline.spans()[2][1].failed == 1);
  CHECK(timeline.spans()[2][2].count == 0);
  CHECK(timeline.resolution() == 0);
}

TEST_CASE("a run of a million tasks keeps each in the sum and few spans, coarser as it grows") {
  constexpr std::size_t most = 1000;
  Timeline timeline(most);
  std::int64_t coarsest = 0;
  for (std::int64_t i = 0; i < 1'000'000; ++i) {
    // Two functions in turn, on four processes.
    timeline.add(static_cast<std::uint32_t>(i % 4), static_cast<CodeRef>(i % 8 / 4), i * 1000, 900,
                 i % 100 == 0);
    if (i % 1000 == 0) {
      CHECK(sum_of(timeline).spans <= most);
      CHECK(timeline.resolution() >= coarsest);
      coarsest = timeline.resolution();
    }
  }
  const Sum sum = sum_of(timeline);
  CHECK(sum.tasks == 1'000'000);
  CHECK(sum.failed == 10'000);
  CHECK(sum.busy == 900'000'000);
  CHECK(sum.spans > most / 4);
  CHECK(timeline.dropped() == 0);
}

TEST_CASE("long tasks stay apart when short ones are drawn together") {
  Timeline timeline(100);
  for (std::int64_t i = 0; i < 10; ++i)
    timeline.add(0, 0, i * 1000 * millisecond, 999 * millisecond, false);
  for (std::int64_t i = 0; i < 10'000; ++i)
    timeline.add(1, 0, i * millisecond, millisecond / 2, false);
  CHECK(timeline.spans()[0].size() == 10);
  CHECK(timeline.spans()[1].size() < 100);
}

TEST_CASE("with more processes than can be kept the oldest are forgotten, and counted") {
  Timeline timeline(10);
  for (std::uint32_t process = 0; process < 100; ++process)
    timeline.add_death(process, process);
  CHECK(sum_of(timeline).spans <= 10);
  CHECK(timeline.spans()[99].size() == 1);
  CHECK(timeline.dropped() >= 90);
}

}  // namespace muster::controller
