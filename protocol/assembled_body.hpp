#pragma once
// A large body where it ends: its chunks laid one after the other, and compared with its hash.

#include <cstddef>
#include <new>

#include <muster/detail/buffer.hpp>

#include "protocol/body_hash.hpp"
#include "protocol/shared_bytes.hpp"

namespace muster::wire {

/// One allocation for the whole body, aligned as malloc aligns, so that arrays in it can be used
/// where they lie.
class AssembledBody {
 public:
  /// Once, before the first piece.
  void expect(std::size_t length) { length_ = length; }

  void add(const SharedBytes& piece) {
    size_ += piece.size();
    hasher_.add(piece.bytes());
    if (fault_ != nullptr) return;
    try {
      // Not before something has come: an announcement alone must not cost memory.
      bytes_.reserve(length_);
      bytes_.append(piece.bytes());
    } catch (const std::bad_alloc&) {
      fault_ = "there is not enough memory for it";
    }
  }
  void end(const BodyHash& hash) {
    if (fault_ == nullptr && hasher_.finish() != hash) fault_ = "it arrived damaged";
  }

  /// What has come so far.
  std::size_t size() const { return size_; }
  /// Why there is no such body; null when it is as it was made.
  const char* fault() const { return fault_; }
  detail::Buffer& bytes() { return bytes_; }

 private:
  std::size_t length_ = 0;
  std::size_t size_ = 0;
  detail::Buffer bytes_;
  BodyHasher hasher_;
  const char* fault_ = nullptr;
};

}  // namespace muster::wire
