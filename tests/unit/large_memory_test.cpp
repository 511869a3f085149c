// Buffers and arrays of many megabytes, which come in large pages where the system has them.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/detail/buffer.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/large_memory.hpp>

using muster::detail::Buffer;
using muster::detail::large_memory_min;

TEST_CASE("a buffer keeps its bytes while it grows to many megabytes") {
  Buffer buffer;
  std::vector<std::byte> piece(1 << 20);
  for (int i = 0; i < 20; ++i) {
    std::memset(piece.data(), i, piece.size());
    buffer.append(piece);
  }
  REQUIRE(buffer.size() == piece.size() * 20);
  for (std::size_t i = 0; i < 20; ++i) {
    CHECK(buffer.data()[i * piece.size()] == static_cast<std::byte>(i));
    CHECK(buffer.data()[(i + 1) * piece.size() - 1] == static_cast<std::byte>(i));
  }
  const std::byte* const before = buffer.data();
  buffer.reserve(buffer.size() + 1);
  CHECK(buffer.data() == before);
  const muster::detail::LargeMemory released = buffer.release();
  CHECK(released.data == before);
  CHECK(buffer.empty());
  Buffer::give_back(released.data, released.bytes);
}

TEST_CASE("an array of many megabytes is read as it was written") {
  std::vector<std::int32_t> numbers(large_memory_min / 4 + 12345);
  std::iota(numbers.begin(), numbers.end(), 7);
  Buffer body;
  muster::detail::write_value(body, 0, numbers);
  muster::detail::BodyReader reader(body.bytes());
  CHECK(muster::detail::read_value<std::vector<std::int32_t>>(reader) == numbers);
  CHECK(reader.at_end());
}
