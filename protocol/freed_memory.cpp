#include "protocol/freed_memory.hpp"

#include <cstddef>
#include <cstdlib>
#include <initializer_list>

#include <malloc.h>

namespace muster::wire {
namespace {

/// malloc's largest: what is larger has pages of its own, which go back at once.
constexpr int own_pages_from = 32 << 20;
/// At the end of each of its heaps.
constexpr int kept_max = 64 << 20;
/// Less isn't worth looking for.
constexpr std::size_t kept_anyway = std::size_t{4} << 20;

bool chosen_by_user() {
  for (const char* variable :
       {"GLIBC_TUNABLES", "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"})
    if (std::getenv(variable) != nullptr) return true;
  return false;
}

}  // namespace

void keep_freed_memory() {
  if (chosen_by_user()) return;
  ::mallopt(M_MMAP_THRESHOLD, own_pages_from);
  ::mallopt(M_TRIM_THRESHOLD, kept_max);
}

void give_freed_memory_back() {
  if (::mallinfo2().fordblks > kept_anyway) ::malloc_trim(0);
}

}  // namespace muster::wire
