#pragma once
// Memory for bodies and messages of some hundred kilobytes, which come and go by thousands. malloc
// gives what was freed at the end of its heap back to the system, and gets it page by page again:
// that takes longer than to copy what goes there. So a process keeps a few of them for the next
// one.

#include <cstddef>

#include <muster/detail/large_memory.hpp>

namespace muster::detail {

/// From here on memory is taken from what was kept.
inline constexpr std::size_t recycled_memory_min = std::size_t{64} << 10;

/// What a growing buffer gets from there on: the longest messages have room in it.
inline constexpr std::size_t recycled_memory_step = 6 * recycled_memory_min;

/// Memory of at least so many bytes, and how many they are. Above large_memory_min it is
/// allocate_large's. From any thread. Throws std::bad_alloc. Requires bytes >= recycled_memory_min.
LargeMemory allocate_recycled(std::size_t bytes);

/// Takes it back, as large as it was said to be, from any thread. It may as well be freed by
/// std::free: then it is gone.
void recycle(void* data, std::size_t bytes) noexcept;

}  // namespace muster::detail
