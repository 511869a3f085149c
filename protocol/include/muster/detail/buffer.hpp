#pragma once
// A growing row of bytes: what encoders write into and what messages are made of.
// It knows nothing of what the bytes mean.

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <utility>

#include <muster/detail/recycled_memory.hpp>

namespace muster::detail {

/// Owns its bytes, moves, never copies by accident. Growing leaves new bytes uninitialised, which a
/// std::vector can't do and which costs a pass over every large argument. Not thread-safe.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~Buffer() {
    if (data_ != nullptr) give_back(data_, capacity_);
  }

  static Buffer copy_of(std::span<const std::byte> bytes) {
    Buffer buffer;
    buffer.append(bytes);
    return buffer;
  }

  std::byte* data() { return data_; }
  const std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }

  /// Memory for `capacity` bytes in all, so that growing up to there copies nothing.
  void reserve(std::size_t capacity) {
    if (capacity > capacity_) grow(capacity);
  }

  /// Makes room for `count` more bytes and returns where to write them; they are part of the buffer
  /// at once. Pointers into the buffer die. Throws std::bad_alloc.
  std::byte* extend(std::size_t count) {
    if (capacity_ - size_ < count) grow(size_ + count);
    std::byte* place = data_ + size_;
    size_ += count;
    return place;
  }

  void append(std::span<const std::byte> bytes) {
    if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
  }

  /// The interface that msgpack::packer expects of a stream.
  void write(const char* bytes, std::size_t count) {
    append({reinterpret_cast<const std::byte*>(bytes), count});
  }

  /// Gives the memory away, to be given back with give_back. The buffer is empty afterwards.
  LargeMemory release() {
    size_ = 0;
    return {std::exchange(data_, nullptr), std::exchange(capacity_, 0)};
  }
  static void give_back(void* data, std::size_t capacity) noexcept {
    capacity < recycled_memory_min ? std::free(data) : recycle(data, capacity);
  }

  /// Forgets the bytes after `size`, keeps the memory. Requires size <= size().
  void shrink(std::size_t size) { size_ = size; }
  void clear() { size_ = 0; }

 private:
  void grow(std::size_t needed) {
    std::size_t capacity = capacity_ * 2 < 64 ? 64 : capacity_ * 2;
    if (capacity < needed) capacity = needed;
    if (capacity >= recycled_memory_min) return grow_large(capacity);
    void* data = std::realloc(data_, capacity);
    if (data == nullptr) throw std::bad_alloc();
    data_ = static_cast<std::byte*>(data);
    capacity_ = capacity;
  }

  void grow_large(std::size_t needed) {
    // What came to here step by step, a message most likely, isn't copied at each further step.
    const bool by_steps = needed == capacity_ * 2 && needed < recycled_memory_step;
    const LargeMemory memory = allocate_recycled(by_steps ? recycled_memory_step : needed);
    if (size_ > 0) std::memcpy(memory.data, data_, size_);
    give_back(data_, capacity_);
    data_ = memory.data;
    capacity_ = memory.bytes;
  }

  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace muster::detail
