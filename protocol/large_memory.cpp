#include <cstdint>
#include <cstdlib>
#include <new>

#include <sys/mman.h>

#include <muster/detail/large_memory.hpp>

namespace muster::detail {
namespace {

/// On every machine that Muster runs on, or a divisor of it.
constexpr std::size_t large_page = std::size_t{2} << 20;

}  // namespace

void expect_whole_use(void* memory, std::size_t bytes) noexcept {
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t first = (begin + large_page - 1) / large_page * large_page;
  const std::uintptr_t end = (begin + bytes) / large_page * large_page;
  if (first < end) ::madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);
}

LargeMemory allocate_large(std::size_t bytes) {
  if (bytes > SIZE_MAX - large_page) throw std::bad_alloc();
  const std::size_t whole = (bytes + large_page - 1) / large_page * large_page;
  void* memory = std::aligned_alloc(large_page, whole);
  if (memory == nullptr) throw std::bad_alloc();
  expect_whole_use(memory, whole);
  return {static_cast<std::byte*>(memory), whole};
}

}  // namespace muster::detail
