#pragma once
// The connection files: what a program needs to find a running cluster, one for each role that can
// come from another host. They are written by the launcher when the controller listens, and removed
// when the cluster ends. Each has what its role needs and no more.

#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/identity.hpp"
#include "protocol/key_ring.hpp"
#include "protocol/private_file.hpp"
#include "protocol/role.hpp"

namespace muster::wire {

struct ConnectionFile {
  static constexpr std::int64_t current_version = 1;

  std::int64_t version = current_version;
  Role role = Role::client;  ///< whose file it is: client, node or observer
  Uuid uuid;
  std::string profile;
  std::string cluster_id;
  // On the controller's host; those that the role doesn't use are empty.
  std::string client_endpoint;
  std::string engine_endpoint;
  std::string control_endpoint;
  std::string host;
  std::int64_t controller_pid = 0;
  std::int64_t launcher_pid = 0;
  std::int64_t engines = 0;  ///< how many were asked for
  std::int64_t created = 0;  ///< seconds since 1970, for people

  /// For other hosts.
  struct Network {
    std::string client_endpoint;  ///< tcp://…
    std::string engine_endpoint;
    std::string control_endpoint;
    PeerKeys keys;          ///< of the file's role
    KeyPair engine_keys;    ///< in a node's file: what it gives its engines
    KeyPair observer_keys;  ///< in a client's file: what it looks at the cluster with
    auto operator<=>(const Network&) const = default;
  };
  std::optional<Network> network;  ///< none unless the cluster was started with --bind

  auto operator<=>(const ConnectionFile&) const = default;
};

/// Where the controller listens for other hosts.
struct NetworkEndpoints {
  std::string client;
  std::string engine;
  std::string control;
};

/// The file for this role, from one that has all endpoints of its own host.
ConnectionFile file_for(Role role, const ConnectionFile& whole);
/// The same with a network.
ConnectionFile file_for(Role role, const ConnectionFile& whole, const NetworkEndpoints& endpoints,
                        const KeyRing& keys);

/// What is wrong with the file and what to do. Damaged: it isn't a connection file of this version.
using ConnectionFileError = PrivateFileError;

/// The content as text, one member a line.
std::string to_json(const ConnectionFile& file);

/// Atomic, mode 0600. Throws std::runtime_error.
void write_connection_file(const std::filesystem::path& path, const ConnectionFile& file);

/// Throws ConnectionFileError. Doesn't ask whether the cluster still runs.
ConnectionFile read_connection_file(const std::filesystem::path& path);
/// The same of its content; `path` is where it came from, for the error.
ConnectionFile parse_connection_file(std::string_view text, const std::filesystem::path& path);

}  // namespace muster::wire
