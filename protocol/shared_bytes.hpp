#pragma once
// Bytes that several may hold and nobody changes: how a part of a large body passes through a
// process without being copied.

#include <cstddef>
#include <memory>
#include <utility>

#include <muster/detail/buffer.hpp>

#include "protocol/record.hpp"

namespace muster::wire {

/// A view and what keeps it alive. Copies are cheap. The owner may be released on any thread.
class SharedBytes {
 public:
  SharedBytes() = default;
  /// `owner` may be null: then the bytes have to outlive this object.
  SharedBytes(std::shared_ptr<const void> owner, Bytes bytes)
      : owner_(std::move(owner)), bytes_(bytes) {}

  static SharedBytes of(detail::Buffer buffer) {
    auto owner = std::make_shared<const detail::Buffer>(std::move(buffer));
    const Bytes bytes = owner->bytes();
    return {std::move(owner), bytes};
  }

  Bytes bytes() const { return bytes_; }
  const std::shared_ptr<const void>& owner() const { return owner_; }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  /// Requires that the part lies within.
  SharedBytes part(std::size_t offset, std::size_t count) const {
    return {owner_, bytes_.subspan(offset, count)};
  }

 private:
  std::shared_ptr<const void> owner_;
  Bytes bytes_;
};

}  // namespace muster::wire
