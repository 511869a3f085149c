#include <algorithm>
#include <cstddef>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/detail/buffer.hpp>

using muster::detail::Buffer;
using muster::detail::large_memory_min;
using muster::detail::recycled_memory_min;

namespace {

Buffer filled(std::size_t size, std::byte with) {
  Buffer buffer;
  std::fill_n(buffer.extend(size), size, with);
  return buffer;
}

bool is_filled(const Buffer& buffer, std::size_t size, std::byte with) {
  return buffer.size() == size &&
         std::all_of(buffer.data(), buffer.data() + size, [&](std::byte b) { return b == with; });
}

}  // namespace

TEST_CASE("a buffer keeps its bytes while it grows from one size of memory to the next") {
  Buffer buffer;
  std::size_t size = 0;
  for (const std::size_t more : {1000UL, recycled_memory_min, recycled_memory_min, 1UL << 20,
                                 large_memory_min, large_memory_min}) {
    std::fill_n(buffer.extend(more), more, std::byte{7});
    size += more;
    REQUIRE(is_filled(buffer, size, std::byte{7}));
  }
}

#if !defined(__SANITIZE_ADDRESS__)
TEST_CASE("memory of some hundred kilobytes that a buffer has left is the next one's") {
  const std::size_t size = 100'000;
  const std::byte* first = nullptr;
  {
    const Buffer buffer = filled(size, std::byte{1});
    first = buffer.data();
  }
  const Buffer next = filled(size + 20'000, std::byte{2});
  CHECK(next.data() == first);
  const Buffer other = filled(size, std::byte{3});
  CHECK(other.data() != first);
  CHECK(is_filled(next, size + 20'000, std::byte{2}));
}
#endif

TEST_CASE("threads that take and leave such memory never share it") {
  std::vector<std::jthread> threads;
  std::vector<char> good(4, true);
  for (std::size_t thread = 0; thread < good.size(); ++thread) {
    threads.emplace_back([&, thread] {
      const auto mark = static_cast<std::byte>(thread + 1);
      for (std::size_t i = 0; i < 300; ++i) {
        const std::size_t size = recycled_memory_min << (i % 3);
        const Buffer one = filled(size, mark);
        const Buffer two = filled(size / 2 + recycled_memory_min / 2, mark);
        good[thread] = good[thread] && is_filled(one, size, mark);
      }
    });
  }
  threads.clear();
  CHECK(std::all_of(good.begin(), good.end(), [](char each) { return each; }));
}
