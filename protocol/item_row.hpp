#pragma once
// The body of a submission that stands for several items of a map: their bodies one after the
// other, each as a msgpack bin of the widest form and filled up, so that every one begins at a
// multiple of
// 8. Client and engine read it; the controller never does.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include <muster/detail/buffer.hpp>

#include "protocol/fixed_field.hpp"
#include "protocol/record.hpp"

namespace muster::wire {

inline constexpr std::size_t item_header_bytes = 8;  ///< c0 c0 c0 c6 and the length

/// What an item of `body` bytes takes in a row.
constexpr std::size_t item_bytes(std::size_t body) {
  return item_header_bytes + ((body + 7) & ~std::size_t{7});
}

/// Requires row.size() % 8 == 0, which it keeps true.
inline void append_item(detail::Buffer& row, Bytes item) {
  const std::size_t whole = item_bytes(item.size());
  std::byte* at = row.extend(whole);
  std::memset(at, static_cast<int>(Tag::nil), 3);
  put_tag(at + 3, Tag::bin32);
  put_number(at + 4, static_cast<std::uint32_t>(item.size()));
  if (!item.empty()) std::memcpy(at + item_header_bytes, item.data(), item.size());
  const std::size_t filled = item_header_bytes + item.size();
  if (whole != filled) std::memset(at + filled, static_cast<int>(Tag::nil), whole - filled);
}

/// Reads the items of a row in order. Never reads outside of its bytes.
class ItemReader {
 public:
  ItemReader() = default;
  /// `row` must outlive the reader and the items read.
  explicit ItemReader(Bytes row) : rest_(row) {}

  /// nullopt at the end, or when what follows is no item.
  std::optional<Bytes> next() {
    if (rest_.size() < item_header_bytes || !has_tag(rest_.data() + 3, Tag::bin32)) {
      return std::nullopt;
    }
    const std::size_t size = get_number<std::uint32_t>(rest_.data() + 4);
    if (size > rest_.size() - item_header_bytes || item_bytes(size) > rest_.size()) {
      return std::nullopt;
    }
    const Bytes item = rest_.subspan(item_header_bytes, size);
    rest_ = rest_.subspan(item_bytes(size));
    return item;
  }

 private:
  Bytes rest_;
};

/// What a submission of `count` items of a row, from this one on, has as its body: a row, or of one
/// item its own body.
inline detail::Buffer part_of_row(Bytes row, std::uint32_t first, std::uint32_t count) {
  ItemReader reader(row);
  for (std::uint32_t i = 0; i < first && reader.next(); ++i) {
  }
  detail::Buffer part;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Bytes item = reader.next().value_or(Bytes());
    if (count == 1) {
      part.append(item);
    } else {
      append_item(part, item);
    }
  }
  return part;
}

}  // namespace muster::wire
