#pragma once
// The long names of things: clusters, sessions and processes by a random Uuid, images by the
// Digest of their file. On a link they are replaced by indices (protocol/README.md).

#include <array>
#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace muster::wire {

/// 128 random bits. The zero value means "none".
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  /// From the system's random source. Throws std::system_error when there is none.
  static Uuid random();
  /// 32 lower-case hexadecimal digits; nullopt for anything else.
  static std::optional<Uuid> parse(std::string_view text);

  std::string hex() const;
  bool none() const { return *this == Uuid{}; }
  auto operator<=>(const Uuid&) const = default;
};

/// BLAKE2b-256 of an image's file. The zero value means "none".
struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  /// Reads the file behind `fd` from its first byte, without moving its offset.
  /// Throws std::system_error when it can't be read.
  /// The same with ECANCELED when `stop` becomes true meanwhile.
  static Digest of_file(int fd, const std::atomic<bool>* stop = nullptr);
  /// 64 lower-case hexadecimal digits; nullopt for anything else.
  static std::optional<Digest> parse(std::string_view text);

  std::string hex() const;
  bool none() const { return *this == Digest{}; }
  auto operator<=>(const Digest&) const = default;
};

/// 64 random bits, for links. Never zero.
std::uint64_t random_nonzero64();

}  // namespace muster::wire

template <>
struct std::hash<muster::wire::Uuid> {
  std::size_t operator()(const muster::wire::Uuid& id) const noexcept {
    std::size_t value;  // the bits are random already
    std::memcpy(&value, id.bytes.data(), sizeof value);
    return value;
  }
};
template <>
struct std::hash<muster::wire::Digest> {
  std::size_t operator()(const muster::wire::Digest& digest) const noexcept {
    std::size_t value;
    std::memcpy(&value, digest.bytes.data(), sizeof value);
    return value;
  }
};
