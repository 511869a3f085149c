// Numbers that a map writes into its row by itself are the items that any other way would give.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <random>
#include <ranges>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/detail/codec.hpp>
#include <muster/detail/map_input.hpp>
#include <muster/detail/number_items.hpp>
#include <muster/detail/signature.hpp>

#include "protocol/item_row.hpp"

namespace muster::detail {
namespace {

template <class... Parameters, class... Arguments>
void check_same(List<Parameters...> parameters, Arguments... arguments) {
  std::array<std::byte, number_item_max<List<Parameters...>>> row;
  const std::size_t bytes = write_number_item(row.data(), parameters, arguments...);
  REQUIRE(bytes <= row.size());
  ItemReader reader({row.data(), bytes});
  const auto item = reader.next();
  REQUIRE(item);
  CHECK(reader.rest().empty());
  const Buffer expected = encode_arguments(parameters, arguments...);
  CHECK(std::ranges::equal(*item, expected.bytes()));
}

template <class T>
void check_integers() {
  using Limits = std::numeric_limits<T>;
  std::mt19937_64 random(7);
  for (int shift = 0; shift < 64; ++shift) {
    for (const std::int64_t near : {-1, 0, 1}) {
      const std::uint64_t power = (std::uint64_t{1} << shift) + static_cast<std::uint64_t>(near);
      check_same(List<T>{}, static_cast<T>(power));
      check_same(List<T>{}, static_cast<T>(-power));
    }
    check_same(List<T>{}, static_cast<T>(random() >> shift));
  }
  check_same(List<T>{}, Limits::min());
  check_same(List<T>{}, Limits::max());
}

TEST_CASE("a number that a map writes into its row has the bytes that msgpack gives it") {
  check_integers<std::int64_t>();
  check_integers<std::uint64_t>();
  check_integers<int>();
  check_integers<unsigned>();
  check_integers<short>();
  check_integers<std::uint16_t>();
  check_integers<signed char>();
  check_integers<std::uint8_t>();
  for (const double number : {0.0, -0.0, 1.0, -2.5, 1e300, std::numeric_limits<double>::infinity(),
                              std::numeric_limits<double>::denorm_min()}) {
    check_same(List<double>{}, number);
  }
  check_same(List<int, double, std::uint64_t>{}, -5, 0.25, std::uint64_t{1} << 63);
}

TEST_CASE("numbers become what the function takes, as in a call") {
  check_same(List<double>{}, 3);
  check_same(List<int>{}, 3.99);
  check_same(List<const std::int64_t&>{}, short{-4});
}

struct Half {
  std::int64_t operator()(std::int64_t number) const { return number / 2; }
};
using Numbers = MapInput<Stateless<Half>, std::ranges::iota_view<int, int>>;

struct Row {
  std::array<std::byte, 100> bytes;
  std::atomic<std::uint64_t> added{0};
  std::atomic<bool> held{true};

  RowSpace space() { return {bytes.data(), bytes.size(), &added, &held}; }
  std::size_t items() const { return static_cast<std::size_t>(added >> 32); }
};

TEST_CASE("a row gets as many numbers as were asked for, and says when the input has ended") {
  Numbers input(0, std::views::iota(0, 5));
  Row row;
  CHECK(input.next_items(row.space(), 2));
  CHECK(row.items() == 2);
  CHECK_FALSE(input.next_items(row.space(), 9));
  CHECK(row.items() == 5);
}

TEST_CASE("a full row, or one that nobody holds any more, gets no number, and none is lost") {
  Numbers input(0, std::views::iota(0, 1000));
  Row row;
  CHECK(input.next_items(row.space(), 1000));
  const std::size_t fitted = row.items();
  CHECK(fitted > 10);
  CHECK(row.space().left() < input.item_max());
  Row other;
  other.held = false;
  CHECK(input.next_items(other.space(), 10));
  CHECK(other.items() == 0);
  other.held = true;
  CHECK(input.next_items(other.space(), 1));
  ItemReader reader({other.bytes.data(), other.bytes.size() - other.space().left()});
  BodyReader item(reader.next().value());
  item.begin_array(1);
  CHECK(read_value<std::int64_t>(item) == static_cast<std::int64_t>(fitted));
}

}  // namespace
}  // namespace muster::detail
