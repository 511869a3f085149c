#pragma once
// The hash of a body that travels in chunks: who encoded the body makes it, who decodes it
// compares.

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/record.hpp"

namespace muster::wire {

/// Poly1305 under a key that everybody knows. It finds accidents (a chunk that is missing, doubled,
/// misplaced or another body's), not forgers, whom the sockets keep out. BLAKE2b would cost eight
/// times as much, which is more than moving the body.
using BodyHash = std::array<std::byte, 16>;

/// Takes a body piece by piece.
class BodyHasher {
 public:
  BodyHasher();
  void add(Bytes piece);
  /// Once, after the last piece.
  BodyHash finish();

 private:
  alignas(16) std::array<std::byte, 256> state_;  // of libsodium, which stays out of this header
};

/// As a field of a record's body, and back: zero when it isn't as long as a hash.
std::string raw(const BodyHash& hash);
BodyHash body_hash_of(std::string_view bytes);

/// The options block of a stream's last chunk.
std::array<std::byte, 18> encode(const BodyHash& hash);
/// nullopt when the block holds something else.
std::optional<BodyHash> decode_body_hash(Bytes options);

}  // namespace muster::wire
