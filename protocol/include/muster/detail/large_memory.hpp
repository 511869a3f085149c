#pragma once
// Memory of many megabytes. The system gives it page by page, when each is touched first, which
// takes longer than to copy what goes there: on a virtual machine many times as long. In large
// pages that happens five hundred times as seldom.

#include <cstddef>

namespace muster::detail {

/// From here on it is worth a word to the system.
inline constexpr std::size_t large_memory_min = std::size_t{4} << 20;

/// This memory, which hasn't been touched yet, will be used as a whole: large pages are welcome. A
/// wish; where the system doesn't have them nothing changes.
void expect_whole_use(void* memory, std::size_t bytes) noexcept;

/// Memory of at least so many bytes, and how many they are, that was wished so and hasn't been
/// touched. Freed by std::free. Throws std::bad_alloc. Requires bytes >= large_memory_min.
struct LargeMemory {
  std::byte* data = nullptr;
  std::size_t bytes = 0;
};
LargeMemory allocate_large(std::size_t bytes);

}  // namespace muster::detail
