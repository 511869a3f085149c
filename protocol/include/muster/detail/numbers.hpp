#pragma once
// Single numbers as they travel, written and read in line: calls would take most of the time of a
// map of quick items.

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <muster/detail/signature.hpp>
#include <muster/detail/value_body.hpp>

namespace muster::detail {

/// Numbers that BodyReader::number reads without a call.
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

}  // namespace muster::detail
