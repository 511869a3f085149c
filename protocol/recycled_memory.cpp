#include <array>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <new>

#include <muster/detail/recycled_memory.hpp>

namespace muster::detail {
namespace {

/// Of all sizes together: what the engines of a machine have on their way at once.
constexpr std::size_t kept_max = std::size_t{32} << 20;
/// Powers of two, and what is halfway between two of them, so that no more than a third is unused.
constexpr int sizes = 2 * std::countr_zero(large_memory_min / recycled_memory_min);

constexpr std::size_t bytes_of(int size) {
  return size % 2 == 0 ? recycled_memory_min << (size / 2)
                       : (recycled_memory_min << (size + 1) / 2) / 4 * 3;
}

/// The smallest that holds so many bytes.
constexpr int size_for(std::size_t bytes) {
  const int power = std::bit_width((bytes - 1) / recycled_memory_min);
  const int size = 2 * power;
  return size > 0 && bytes <= bytes_of(size - 1) ? size - 1 : size;
}

static_assert(size_for(recycled_memory_min) == 0 && size_for(recycled_memory_min + 1) == 1);
static_assert(size_for(bytes_of(sizes - 1)) == sizes - 1 &&
              size_for(bytes_of(sizes - 1) + 1) == sizes);
static_assert(bytes_of(sizes) == large_memory_min);

// A sanitizer is to see that memory is used after it was freed.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool keeps = false;
#else
constexpr bool keeps = true;
#endif

/// Nobody waits for another thread here: who finds it busy asks malloc. (So the child of a fork
/// that came in between goes on, too.)
class Kept {
 public:
  void* take(int size) noexcept {
    if (busy_.test_and_set(std::memory_order_acquire)) return nullptr;
    Block* const block = blocks_[static_cast<std::size_t>(size)];
    if (block != nullptr) {
      blocks_[static_cast<std::size_t>(size)] = block->next;
      bytes_ -= bytes_of(size);
    }
    busy_.clear(std::memory_order_release);
    return block;
  }

  bool put(void* data, int size) noexcept {
    if (busy_.test_and_set(std::memory_order_acquire)) return false;
    const std::size_t bytes = bytes_of(size);
    const bool room = bytes_ + bytes <= kept_max;
    if (room) {
      blocks_[static_cast<std::size_t>(size)] =
          new (data) Block{blocks_[static_cast<std::size_t>(size)]};
      bytes_ += bytes;
    }
    busy_.clear(std::memory_order_release);
    return room;
  }

 private:
  struct Block {
    Block* next;
  };

  std::atomic_flag busy_;
  std::array<Block*, sizes> blocks_{};  // the one that was put last goes first: it is in the caches
  std::size_t bytes_ = 0;
};

constinit Kept kept;

}  // namespace

LargeMemory allocate_recycled(std::size_t bytes) {
  const int size = size_for(bytes);
  if (size >= sizes) return allocate_large(bytes < large_memory_min ? large_memory_min : bytes);
  void* memory = keeps ? kept.take(size) : nullptr;
  if (memory == nullptr) memory = std::malloc(bytes_of(size));
  if (memory == nullptr) throw std::bad_alloc();
  return {static_cast<std::byte*>(memory), bytes_of(size)};
}

void recycle(void* data, std::size_t bytes) noexcept {
  if (keeps && bytes < large_memory_min && kept.put(data, size_for(bytes))) return;
  std::free(data);
}

}  // namespace muster::detail
