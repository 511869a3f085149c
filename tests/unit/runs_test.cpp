// Numbers as runs of neighbours.

#include "protocol/runs.hpp"

#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

namespace muster::wire {

TEST_CASE("numbers come back from their runs") {
  const std::vector<std::uint32_t> numbers{0, 1, 2, 7, 9, 10, UINT32_MAX - 1};
  CHECK(runs_of(numbers) == Runs{0, 3, 7, 1, 9, 2, UINT32_MAX - 1, 1});
  CHECK(numbers_in(runs_of(numbers), 7) == numbers);
  CHECK(numbers_in({}, 0) == std::vector<std::uint32_t>());
}

TEST_CASE("what can't be runs is refused, and costs nothing") {
  CHECK_FALSE(numbers_in({0, 4}, 3));
  CHECK_FALSE(numbers_in({0, UINT32_MAX}, 1000));
  CHECK_FALSE(numbers_in({0, 1, 2}, 1000));
  CHECK_FALSE(numbers_in({4, 2, 5, 1}, 1000));
  CHECK_FALSE(numbers_in({UINT32_MAX, 2}, 1000));
}

}  // namespace muster::wire
