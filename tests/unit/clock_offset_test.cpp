#include "protocol/clock_offset.hpp"

#include <catch2/catch.hpp>

using muster::wire::ClockOffset;

TEST_CASE("a clock that may be the controller's own is taken for it") {
  ClockOffset offset;
  offset.measure(1000, 1900, 2000);  // the answer took long to come
  CHECK(offset.to_controller(7) == 7);
  CHECK(offset.from_controller(7) == 7);
}

TEST_CASE("another host's clock is placed by the smallest round trip") {
  ClockOffset offset;
  offset.measure(1000, 51'400, 2000);
  CHECK(offset.to_controller(0) == 49'900);
  offset.measure(3000, 53'050, 3100);
  CHECK(offset.to_controller(0) == 50'000);
  CHECK(offset.round_trip() == 100);
  offset.measure(4000, 60'000, 5000);
  CHECK(offset.to_controller(0) == 50'000);
}
