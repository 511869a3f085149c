#pragma once
// An array that a program and its engines on the same host write into together.

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <type_traits>
#include <utility>

#include <msgpack.hpp>

#include <muster/detail/shared_memory.hpp>

namespace muster {

/// Memory that this program and the tasks share which get the array: what one writes the others
/// see. (multiprocessing's Array and RawArray.)
///
///   muster::SharedArray<double> sums(8);                       // zeros
///   pool.map([](const muster::SharedArray<double>& sums, int n, muster::Context& context) {
///     sums[context.engine()] += n; }, muster::same(sums), numbers);
///
/// It is passed like any argument, as itself, by muster::same, by bind_front or by the pool's
/// set_shared; what travels is a reference of some hundred bytes. A handle: copies mean the same
/// memory, and its constness isn't that of the elements.
///
/// The memory is of one host: a task that gets it elsewhere, or in another container, ends with a
/// ClusterError that says so. It belongs to the program that has made it: a process that doesn't
/// have it yet finds it there, as long as somebody holds it there. What same(), bind_front and
/// set_shared return or keep counts, an argument of a call that has returned doesn't. So an array
/// that a task has made can't be returned. It is gone when no handle is left in any process, and
/// nothing stays on disk; engines let go of it when no task names it any more.
///
/// Nothing is ordered by itself. Tasks that write to different elements need no more; for the same
/// elements hold lock(), or use std::atomic_ref.
template <class T>
class SharedArray {
  static_assert(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>,
                "a shared array is of numbers, or of structs of them: an object that points to "
                "memory of its own process means nothing in another one");
  static_assert(alignof(T) <= detail::SharedMemory::alignment,
                "a shared array's elements are aligned to 64 bytes at most");

 public:
  /// The lock of an array, until it dies. Move-only.
  class Held {
   public:
    explicit Held(std::shared_ptr<detail::SharedMemory> memory)
        : memory_(std::move(memory)), lock_(memory_->mutex()) {}

   private:
    std::shared_ptr<detail::SharedMemory> memory_;  // outlives the lock
    std::unique_lock<detail::SharedMutex> lock_;
  };

  /// No elements.
  SharedArray() = default;
  /// All bytes zero. What is never written takes no memory. Throws ClusterError when no such array
  /// can be made.
  explicit SharedArray(std::size_t count)
      : memory_(detail::SharedMemory::make(count, sizeof(T))), count_(count) {}

  std::size_t size() const { return count_; }
  T* data() const { return memory_ ? static_cast<T*>(memory_->data()) : nullptr; }
  /// Requires index < size().
  T& operator[](std::size_t index) const { return data()[index]; }
  T* begin() const { return data(); }
  T* end() const { return data() + count_; }
  std::span<T> span() const { return {data(), count_}; }

  /// Blocks until nobody else holds it, in any process: `const auto held = sums.lock();`. What a
  /// process holds when it dies is released, whatever state the elements are in. Not recursive.
  /// Requires size() > 0.
  Held lock() const { return Held(memory_); }

  // How it travels.
  template <class Packer>
  void msgpack_pack(Packer& packer) const {
    packer.pack(memory_ ? memory_->reference() : detail::SharedReference{});
  }
  void msgpack_unpack(const msgpack::object& object) {
    const auto reference = object.as<detail::SharedReference>();
    memory_ = detail::SharedMemory::open(reference, sizeof(T));
    count_ = memory_ ? memory_->bytes() / sizeof(T) : 0;
  }

  /// What same() keeps beside the encoded reference.
  std::shared_ptr<const void> memory_kept() const { return memory_; }

 private:
  std::shared_ptr<detail::SharedMemory> memory_;
  std::size_t count_ = 0;
};

}  // namespace muster
