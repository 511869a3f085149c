#pragma once
// Bodies of several items of a map, one after the other: the arguments of a submission, or the
// values of an outcome. Each is a msgpack bin: a short one as `c4` and its length in a byte, a
// longer one as `c6` and its length in four, with nils before it so that its body begins at a
// multiple of 8. Client and engine read rows; the controller only when what became of an item
// isn't what became of its neighbours.

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <muster/detail/buffer.hpp>
#include <muster/detail/item_reader.hpp>

#include "protocol/fixed_field.hpp"
#include "protocol/record.hpp"

namespace muster::wire {

/// Bodies up to this size are packed without gaps: those of numbers and short texts. For a span in
/// one of them its reader makes a copy, which costs less than the gap.
inline constexpr std::size_t short_item_max = 32;

/// What an item of `body` bytes takes at most in a row.
constexpr std::size_t item_bytes(std::size_t body) {
  return body <= short_item_max ? body + 2 : body + 12;
}

/// What it takes in a row that has `at` bytes.
constexpr std::size_t item_bytes_at(std::size_t at, std::size_t body) {
  return body <= short_item_max ? body + 2 : ((at + 5 + 7) & ~std::size_t{7}) - at + body;
}

/// Writes an item where the row, of which `at` bytes are written, goes on. Requires room for
/// item_bytes_at(at, item.size()).
inline void write_item(std::byte* row, std::size_t at, Bytes item) {
  std::byte* to = row + at;
  if (item.size() <= short_item_max) {
    put_tag(to, Tag::bin8);
    to[1] = static_cast<std::byte>(item.size());
    to += 2;
  } else {
    const std::size_t head = item_bytes_at(at, item.size()) - item.size();
    std::memset(to, static_cast<int>(Tag::nil), head - 5);
    to += head;
    put_tag(to - 5, Tag::bin32);
    put_number(to - 4, static_cast<std::uint32_t>(item.size()));
  }
  if (!item.empty()) std::memcpy(to, item.data(), item.size());
}

inline void append_item(detail::Buffer& row, Bytes item) {
  const std::size_t at = row.size();
  row.extend(item_bytes_at(at, item.size()));
  write_item(row.data(), at, item);
}

using detail::ItemReader;

/// The items of a row from `first` on, `count` of them: a row, or of one item its own body.
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
