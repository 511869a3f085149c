#pragma once
// Memory that processes of one host share and write to: how it is made, found again, and locked.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <msgpack.hpp>

namespace muster::detail {

/// Where to find it: a descriptor of a process, on one host.
struct SharedReference {
  std::string host;       ///< the machine since its last start, and the processes that it shows
  std::string host_name;  ///< for people
  std::int64_t pid = 0;   ///< of who made it
  std::int32_t descriptor = -1;
  std::uint64_t element = 0;  ///< bytes
  std::string mark;           ///< 16 random bytes, which stand in the memory, too
  MSGPACK_DEFINE(host, host_name, pid, descriptor, element, mark)
};

/// Of the processes that share the memory. A std::unique_lock takes it.
class SharedMutex {
 public:
  /// In memory that is zero.
  void make();
  void lock();
  bool try_lock();
  void unlock();

 private:
  alignas(64) std::byte state_[64];  // a pthread_mutex_t, which stays out of this header
};

class SharedMemory {
 public:
  static constexpr std::size_t alignment = 64;

  /// Zeros. Null for none. Throws ClusterError when there is no memory.
  static std::shared_ptr<SharedMemory> make(std::size_t count, std::size_t element);
  /// The memory of a reference; the same object for as long as this process holds it. Null for a
  /// reference to none. Throws ClusterError when it can't be reached from here, or has elements of
  /// another size.
  static std::shared_ptr<SharedMemory> open(const SharedReference& reference, std::size_t element);

  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory();

  void* data() const;
  std::size_t bytes() const { return bytes_; }
  SharedMutex& mutex() const;
  const SharedReference& reference() const { return reference_; }

 private:
  struct Head;

  SharedMemory(SharedReference reference, int descriptor, void* memory, std::size_t bytes);

  SharedReference reference_;
  int descriptor_;  // of its maker, open for as long as this lives: others come by it; -1 elsewhere
  void* memory_;    // the head, then the elements
  std::size_t bytes_;
};

}  // namespace muster::detail
