// What counts as a burst of submissions.

#include "client/burst.hpp"

#include <chrono>

#include <catch2/catch.hpp>

namespace muster::client {
namespace {

using namespace std::chrono_literals;

void submit(Burst& burst, Burst::Instant& now, int count, std::chrono::nanoseconds pause) {
  for (int i = 0; i < count; ++i) {
    now += pause;
    burst.count(now);
  }
}

}  // namespace

TEST_CASE("submissions now and then are no burst, however many they become") {
  Burst burst;
  Burst::Instant now = Burst::Instant{} + 1h;
  for (int i = 0; i < 100; ++i) {
    submit(burst, now, 10, 100us);
    REQUIRE_FALSE(burst.lasts(now));
  }
}

TEST_CASE("a burst lasts while it goes on, and two milliseconds more at most") {
  Burst burst;
  Burst::Instant now = Burst::Instant{} + 1h;
  submit(burst, now, 20, 1us);
  CHECK(burst.lasts(now));
  for (int i = 0; i < 1000; ++i) {
    submit(burst, now, 1, 10us);
    REQUIRE(burst.lasts(now));
  }
  CHECK_FALSE(burst.lasts(now + 2ms));
}

TEST_CASE("a burst that comes again is one at once") {
  Burst burst;
  Burst::Instant now = Burst::Instant{} + 1h;
  submit(burst, now, 20, 1us);
  now += 10ms;
  CHECK_FALSE(burst.lasts(now));
  submit(burst, now, 20, 1us);
  CHECK(burst.lasts(now));
}

}  // namespace muster::client
