#pragma once
// The keys of CURVE, by which peers on a network know each other: 32 bytes each, as the 40
// characters of their Z85 form.

#include <compare>
#include <string>
#include <string_view>

namespace muster::wire {

struct KeyPair {
  std::string public_key;
  std::string secret_key;

  /// From the system's random source. Throws std::runtime_error when libzmq was built without
  /// CURVE.
  static KeyPair make();
  auto operator<=>(const KeyPair&) const = default;
};

/// What a peer needs to be let in over TCP: whom it wants to meet, and who it is. Empty for a peer
/// that only uses sockets of its own host.
struct PeerKeys {
  std::string server_key;  ///< public
  KeyPair own;

  bool none() const { return server_key.empty(); }
  auto operator<=>(const PeerKeys&) const = default;
};

/// True for 40 characters that stand for 32 bytes.
bool is_key(std::string_view text);

}  // namespace muster::wire
