#pragma once
// A body that is too large for a record: it travels beside it, as a stream of chunks (rule 21).

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <muster/detail/buffer.hpp>

#include "protocol/body_hash.hpp"
#include "protocol/limits.hpp"
#include "protocol/shared_bytes.hpp"

namespace muster::wire {

/// The pieces in their order: one where the body was made, chunks as they came where it passes
/// through. Shared by whoever keeps it and by the streams that send it; nobody changes it then.
class LargeBody {
 public:
  LargeBody() = default;
  /// A body that was made here. Its hash is found while it is sent.
  explicit LargeBody(detail::Buffer whole) : size_(whole.size()) {
    begins_.push_back(0);
    pieces_.push_back(SharedBytes::of(std::move(whole)));
  }

  /// A body of this length will come, in chunks.
  void expect(std::size_t length) { pieces_.reserve(length / chunk_bytes_max + 1); }
  void add(const SharedBytes& piece) {
    begins_.push_back(size_);
    pieces_.push_back(piece);
    size_ += piece.size();
  }
  /// As its sender said.
  void end(const BodyHash& hash) { hash_ = hash; }

  const std::vector<SharedBytes>& pieces() const { return pieces_; }
  std::size_t size() const { return size_; }
  /// A part of it, in one place. Requires that it lies within.
  detail::Buffer copy_of(std::size_t offset, std::size_t count) const {
    detail::Buffer copy;
    copy.reserve(count);
    std::size_t piece = static_cast<std::size_t>(
        std::upper_bound(begins_.begin(), begins_.end(), offset) - begins_.begin() - 1);
    for (; count > 0; ++piece) {
      const Bytes there = pieces_[piece].bytes().subspan(offset - begins_[piece]);
      const Bytes taken = there.first(std::min(there.size(), count));
      copy.append(taken);
      offset += taken.size();
      count -= taken.size();
    }
    return copy;
  }
  const std::optional<BodyHash>& hash() const { return hash_; }

 private:
  std::vector<SharedBytes> pieces_;
  std::vector<std::size_t> begins_;  // where each piece lies in the body
  std::size_t size_ = 0;
  std::optional<BodyHash> hash_;
};

using LargeBodyPtr = std::shared_ptr<const LargeBody>;

inline LargeBodyPtr make_large_body(detail::Buffer whole) {
  return std::make_shared<const LargeBody>(std::move(whole));
}

}  // namespace muster::wire
