#pragma once
// The files by which a cluster is found and entered, as its launcher writes and removes them. What
// a cluster that was killed has left of them is all that one needs who goes on with it.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "launcher/bind_address.hpp"
#include "protocol/cluster_directory.hpp"
#include "protocol/connection_file.hpp"
#include "protocol/key_ring.hpp"

namespace muster::launcher {

/// What it was called, where its sockets were, and the keys that its nodes and programs have.
struct ClusterRemains {
  wire::ConnectionFile connection;
  std::filesystem::path runtime;
  std::optional<wire::KeyRing> keys;  ///< none if it listened on no network
  std::optional<BindAddress> bind;    ///< where it listened, with its three ports
};

/// The cluster ended in an orderly way, or never ran.
class NothingToResume : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Requires that the caller holds the cluster's lock. Throws NothingToResume, and
/// std::runtime_error for what can't be read.
ClusterRemains read_remains(const wire::ClusterDirectory& directory);

class ClusterFiles {
 public:
  /// Of a new cluster, whose keys are made here if it is to listen on a network; what an old one
  /// has left is removed. Requires that the caller holds the cluster's lock.
  ClusterFiles(wire::ClusterDirectory directory, bool network,
               const std::filesystem::path& runtime);
  /// Of one that goes on.
  ClusterFiles(wire::ClusterDirectory directory, const ClusterRemains& remains);

  /// What all files are made from, but for the network.
  wire::ConnectionFile connection;

  /// The controller listens there: "CLIENT ENGINE CONTROL" with its ports, for others under this
  /// address. Returns the ports.
  std::vector<std::uint16_t> listens_at(const std::string& endpoints, const std::string& published);
  wire::ConnectionFile file_of(wire::Role role) const;
  /// Throws std::runtime_error.
  void write();

 private:
  wire::ClusterDirectory directory_;
  std::optional<wire::KeyRing> keys_;
  wire::NetworkEndpoints network_;
};

}  // namespace muster::launcher
