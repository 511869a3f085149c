#pragma once
// Msgpack integers in their widest form, at fixed offsets: a tag byte and a big-endian number.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace muster::wire {

enum class Tag : std::uint8_t {
  u8 = 0xcc,
  u16 = 0xcd,
  u32 = 0xce,
  u64 = 0xcf,
  bin8 = 0xc4,
  bin32 = 0xc6,
  nil = 0xc0,
};

static_assert(std::endian::native == std::endian::little,
              "Muster's wire code is written for little-endian machines");

inline std::uint16_t swap_bytes(std::uint16_t v) {
  return __builtin_bswap16(v);
}
inline std::uint32_t swap_bytes(std::uint32_t v) {
  return __builtin_bswap32(v);
}
inline std::uint64_t swap_bytes(std::uint64_t v) {
  return __builtin_bswap64(v);
}

inline void put_tag(std::byte* at, Tag tag) {
  *at = static_cast<std::byte>(tag);
}
inline bool has_tag(const std::byte* at, Tag tag) {
  return *at == static_cast<std::byte>(tag);
}

template <class Number>
void put_number(std::byte* at, Number value) {
  value = swap_bytes(value);
  std::memcpy(at, &value, sizeof value);
}

template <class Number>
Number get_number(const std::byte* at) {
  Number value;
  std::memcpy(&value, at, sizeof value);
  return swap_bytes(value);
}

}  // namespace muster::wire
