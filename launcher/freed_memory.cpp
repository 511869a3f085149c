#include "launcher/freed_memory.hpp"

#include <chrono>
#include <cstddef>

#include <malloc.h>

namespace muster::launcher {
namespace {

/// malloc's largest: what is larger has pages of its own, which go back at once.
constexpr int own_pages_from = 32 << 20;
/// As much as streams may have on their way at once, and more.
constexpr int kept_max = 512 << 20;
/// Less isn't worth looking for.
constexpr std::size_t kept_anyway = std::size_t{8} << 20;
constexpr std::chrono::seconds look_interval{5};

}  // namespace

FreedMemory::FreedMemory(asio::io_context& io) : timer_(io) {
  ::mallopt(M_MMAP_THRESHOLD, own_pages_from);
  ::mallopt(M_TRIM_THRESHOLD, kept_max);
  // What a socket's thread has asked for the loop's thread frees, and the next message wants it.
  ::mallopt(M_ARENA_MAX, 1);
  look_later();
}

void FreedMemory::look_later() {
  timer_.expires_after(look_interval);
  timer_.async_wait([this](const asio::error_code& error) {
    if (error) return;
    if (::mallinfo2().fordblks > kept_anyway) ::malloc_trim(kept_anyway);
    look_later();
  });
}

}  // namespace muster::launcher
