// What a client writes down of its tasks for insights.

#include "client/work_log.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/detail/codec.hpp>

#include "protocol/arguments_text.hpp"

using namespace std::chrono_literals;
using muster::client::WorkLog;
using muster::detail::encode_arguments;
using muster::detail::List;
using muster::wire::arguments_text;

namespace {

muster::wire::Instant at(std::chrono::nanoseconds time) {
  return muster::wire::Instant(time);
}

}  // namespace

TEST_CASE("a work log has the five longest tasks, the longest one first") {
  WorkLog log;
  for (const int run : {3, 9, 1, 7, 5, 8, 2, 6, 4}) {
    if (log.is_long(std::chrono::milliseconds(run)))
      log.add_long({std::chrono::milliseconds(run), 0, "f", std::to_string(run)});
  }
  std::string order;
  for (const WorkLog::LongTask& task : log.longest())
    order += task.arguments;
  CHECK(order == "98765");
}

TEST_CASE("a work log keeps every task in its sums, however few bars it may have") {
  WorkLog log({}, 100);
  for (int i = 0; i < 10'000; ++i)
    log.add(static_cast<std::uint32_t>(i % 3), at(1s + i * 10us), 8us, 2, i % 100 == 0);
  REQUIRE(log.workers().size() == 3);
  std::size_t bars = 0;
  std::uint64_t tasks = 0;
  std::uint64_t in_bars = 0;
  std::uint64_t failed = 0;
  for (const WorkLog::Worker& worker : log.workers()) {
    bars += worker.bars.size();
    tasks += worker.tasks;
    failed += worker.failed;
    std::chrono::nanoseconds busy{};
    for (const WorkLog::Bar& bar : worker.bars) {
      in_bars += bar.tasks;
      busy += bar.busy;
      CHECK(bar.busy <= bar.end - bar.begin);
    }
    CHECK(busy == worker.working);
  }
  CHECK(bars <= 100);
  CHECK(tasks == 20'000);
  CHECK(in_bars == tasks);
  CHECK(failed == 200);
}

TEST_CASE("a work log leaves out the functions that it is told of") {
  const WorkLog log({"own"});
  CHECK_FALSE(log.logs("own"));
  CHECK(log.logs("other"));
}

TEST_CASE("arguments are said as people write them, and large ones by their size") {
  const auto text = [](const auto&... arguments) {
    return arguments_text(
        encode_arguments(List<std::remove_cvref_t<decltype(arguments)>...>{}, arguments...)
            .bytes());
  };
  CHECK(text() == "()");
  CHECK(text(7, -2, 0.5, true) == "(7, -2, 0.5, true)");
  CHECK(text(std::string("a b")) == "(\"a b\")");
  CHECK(text(std::vector<std::string>{"x", "y"}) == "([\"x\", \"y\"])");
  CHECK(text(std::vector<double>(1000)) == "(1000 numbers)");
  CHECK(text(std::vector<float>(9), std::vector<double>()) == "(9 numbers, 0 numbers)");
  CHECK(text(std::string("\x01\x02")) == "(2 bytes)");
  CHECK(text(std::vector<double>(100'000)) == "(800008 bytes)");
  CHECK(text(std::string(5000, 'x')).size() < 200);
  CHECK(text(std::vector<std::vector<int>>(100, {1})).size() < 200);
  const std::vector<std::byte> rubbish(3, std::byte{0xc1});
  CHECK(arguments_text(rubbish) == "(3 bytes)");
}
