#pragma once
// Items of a map that are numbers, written into a row (protocol/item_row.hpp) one after the other
// without a call for each: calls would take most of the time of a map of quick items.

#include <atomic>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <muster/detail/signature.hpp>
#include <muster/detail/value_body.hpp>

namespace muster::detail {

/// Where the items of a row go.
struct RowSpace {
  std::byte* row = nullptr;
  std::size_t room = 0;  ///< bytes of the row in all
  /// What is written and may be read by others: items in the upper half, bytes in the lower one.
  std::atomic<std::uint64_t>* added = nullptr;
  /// Somebody else looks after what was added: when that isn't so any more, who adds has to say
  /// that there is something (Batch::hold).
  const std::atomic<bool>* held = nullptr;

  std::size_t left() const {
    return room - static_cast<std::uint32_t>(added->load(std::memory_order_relaxed));
  }
};

/// Numbers that are written here: their readers take them without a call (BodyReader::number).
template <class T>
concept ShortNumber = Integer<T> || std::same_as<T, double>;

/// What a number takes at most.
inline constexpr std::size_t number_bytes_max = 9;

/// Whether the arguments of a task are so few numbers that they always make a short item.
template <class Parameters>
inline constexpr bool are_few_numbers = false;
template <class... Parameters>
inline constexpr bool are_few_numbers<List<Parameters...>> =
    sizeof...(Parameters) >= 1 && sizeof...(Parameters) <= 3 &&
    (ShortNumber<std::remove_cvref_t<Parameters>> && ...);

/// What such an item takes at most in its row: head, array, numbers.
template <class Parameters>
inline constexpr std::size_t number_item_max = 0;
template <class... Parameters>
inline constexpr std::size_t number_item_max<List<Parameters...>> = 2 + 1 +
                                                                    number_bytes_max *
                                                                        sizeof...(Parameters);

/// A byte, and the lowest `bytes` bytes of the number behind it, the highest first. Writes nine
/// bytes, whatever their number. Returns where to go on.
inline std::byte* put_wide(std::byte* to, std::uint8_t head, std::uint64_t bits,
                           std::size_t bytes) {
  *to = static_cast<std::byte>(head);
  const std::uint64_t swapped = __builtin_bswap64(bits << (64 - 8 * bytes));
  std::memcpy(to + 1, &swapped, sizeof swapped);
  return to + 1 + bytes;
}

/// In the form that msgpack gives it, which is the shortest. Writes up to number_bytes_max bytes.
template <Integer T>
std::byte* put_number(std::byte* to, T number) {
  if constexpr (std::is_signed_v<T>) {
    if (number < 0) {
      const auto bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(number));
      if (number >= -32) {
        *to = static_cast<std::byte>(number);
        return to + 1;
      }
      if (std::int64_t{number} >= INT8_MIN) return put_wide(to, 0xd0, bits, 1);
      if (std::int64_t{number} >= INT16_MIN) return put_wide(to, 0xd1, bits, 2);
      if (std::int64_t{number} >= INT32_MIN) return put_wide(to, 0xd2, bits, 4);
      return put_wide(to, 0xd3, bits, 8);
    }
  }
  const auto bits = static_cast<std::uint64_t>(number);
  if (bits < 0x80) {
    *to = static_cast<std::byte>(bits);
    return to + 1;
  }
  if (bits <= UINT8_MAX) return put_wide(to, 0xcc, bits, 1);
  if (bits <= UINT16_MAX) return put_wide(to, 0xcd, bits, 2);
  if (bits <= UINT32_MAX) return put_wide(to, 0xce, bits, 4);
  return put_wide(to, 0xcf, bits, 8);
}
inline std::byte* put_number(std::byte* to, double number) {
  return put_wide(to, 0xcb, std::bit_cast<std::uint64_t>(number), 8);
}

/// Writes one item. Requires number_item_max bytes of room. Returns what it took.
template <class... Parameters, class... Arguments>
std::size_t write_number_item(std::byte* to, List<Parameters...>, Arguments&&... arguments) {
  std::byte* at = to + 2;
  *at++ = static_cast<std::byte>(0x90 | sizeof...(Parameters));
  const auto put = [&at]<class T>(T number) { at = put_number(at, number); };
  // Converted as a call would convert them.
  (put(std::remove_cvref_t<Parameters>(std::forward<Arguments>(arguments))), ...);
  const auto bytes = static_cast<std::size_t>(at - to);
  to[0] = std::byte{0xc4};
  to[1] = static_cast<std::byte>(bytes - 2);
  return bytes;
}

}  // namespace muster::detail
