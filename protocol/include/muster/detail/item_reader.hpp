#pragma once
// Reads rows: bodies of several items of a map, one after the other (protocol/item_row.hpp tells
// their form). Here, because a map of quick items has time for no call between two of them.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace muster::detail {

/// Reads the items of a row in order. Never reads outside of its bytes.
class ItemReader {
 public:
  ItemReader() = default;
  /// `row` must outlive the reader and the items read.
  explicit ItemReader(std::span<const std::byte> row)
      : at_(row.data()), end_(row.data() + row.size()) {}

  /// nullopt at the end, or when what follows is no item.
  std::optional<std::span<const std::byte>> next() {
    while (at_ != end_ && *at_ == gap)
      ++at_;
    const auto left = static_cast<std::size_t>(end_ - at_);
    if (left < 2) return std::nullopt;
    if (*at_ == short_item) return take(2, static_cast<std::size_t>(at_[1]));
    if (left < 5 || *at_ != long_item) return std::nullopt;
    std::uint32_t size;
    std::memcpy(&size, at_ + 1, sizeof size);
    return take(5, __builtin_bswap32(size));
  }

  /// What hasn't been read.
  std::span<const std::byte> rest() const { return {at_, end_}; }

 private:
  static constexpr std::byte gap{0xc0};
  static constexpr std::byte short_item{0xc4};
  static constexpr std::byte long_item{0xc6};

  std::optional<std::span<const std::byte>> take(std::size_t head, std::size_t size) {
    if (size > static_cast<std::size_t>(end_ - at_) - head) return std::nullopt;
    const std::span<const std::byte> item(at_ + head, size);
    at_ += head + size;
    return item;
  }

  const std::byte* at_ = nullptr;
  const std::byte* end_ = nullptr;
};

}  // namespace muster::detail
