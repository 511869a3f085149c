#pragma once
// All keys of one cluster: the controller's own, and one pair for each role. They are made by
// `muster start`, live in one file of the cluster's directory that only the controller reads again,
// and end with the cluster.

#include <compare>
#include <filesystem>

#include "protocol/key_pair.hpp"
#include "protocol/role.hpp"

namespace muster::wire {

struct KeyRing {
  KeyPair server;
  KeyPair client;
  KeyPair engine;
  KeyPair node;
  KeyPair observer;

  static KeyRing make();
  const KeyPair& of(Role role) const;
  /// What a peer of this role shows and expects.
  PeerKeys for_peer(Role role) const { return {server.public_key, of(role)}; }
  auto operator<=>(const KeyRing&) const = default;
};

/// Atomic, mode 0600. Throws std::runtime_error.
void write_key_ring(const std::filesystem::path& path, const KeyRing& keys);

/// Throws PrivateFileError: also when another user could have read it.
KeyRing read_key_ring(const std::filesystem::path& path);

}  // namespace muster::wire
