#pragma once
// Where the files of a cluster are: $XDG_STATE_HOME/muster/PROFILE/CLUSTER-ID/ with
// connection.json, lock, epoch and logs/, and with a network the files of keys. It knows nothing of
// what is in them but the epoch.

#include <compare>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/identity.hpp"

namespace muster::wire {

struct ClusterName {
  std::string profile = "default";
  std::string cluster_id = "default";
  auto operator<=>(const ClusterName&) const = default;
};

/// " --profile b --cluster-id a", without what has its default value: for commands shown to people.
std::string arguments_for(const ClusterName& name);

/// Throws std::invalid_argument unless the name has 1 to 64 of A-Z a-z 0-9 . _ - and no dot first:
/// names become parts of paths. `what` names it in the error: "profile", "cluster id".
void check_name(std::string_view what, std::string_view name);

class ClusterDirectory {
 public:
  /// Only says where; touches no file. Throws std::invalid_argument for a name that isn't allowed.
  explicit ClusterDirectory(ClusterName name);

  const ClusterName& name() const { return name_; }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path connection_file() const { return path_ / "connection.json"; }
  /// For other hosts; there while the cluster listens on a network.
  std::filesystem::path node_file() const { return path_ / "connection-node.json"; }
  std::filesystem::path observer_file() const { return path_ / "connection-observer.json"; }
  /// Read by the controller alone.
  std::filesystem::path key_file() const { return path_ / "keys.json"; }
  std::filesystem::path lock_file() const { return path_ / "lock"; }
  /// Locked by the nodes that were added to the cluster on its host.
  std::filesystem::path guests_file() const { return path_ / "guests"; }
  std::filesystem::path epoch_file() const { return path_ / "epoch"; }
  std::filesystem::path logs() const { return path_ / "logs"; }

  bool exists() const;
  /// Makes the directory and what is above it, and logs/, all 0700; then as `check`.
  void create() const;
  /// Removes the files by which a running cluster is found and entered. Never throws. Requires that
  /// the caller holds the cluster's lock.
  void forget_cluster() const;
  /// Throws std::runtime_error when the directory, its profile's or Muster's own isn't a directory
  /// of this user that is closed to all others (a stranger could put another connection file
  /// there).
  void check() const;

  /// The number that this start of the cluster's controller has (rule 7): one more than what was
  /// kept; another uuid is another cluster and begins at 1. Requires that the caller holds the
  /// cluster's lock.
  std::uint32_t next_epoch(const Uuid& cluster) const;
  /// It is on disk when this returns, which takes milliseconds. No task may be dispatched before.
  /// Throws std::runtime_error.
  void keep_epoch(const Uuid& cluster, std::uint32_t epoch) const;

 private:
  ClusterName name_;
  std::filesystem::path path_;
};

/// $XDG_STATE_HOME/muster, by default ~/.local/state/muster.
std::filesystem::path state_directory();

/// All clusters that have a directory, running or not, sorted. Skips what isn't named like one.
std::vector<ClusterName> known_clusters();

}  // namespace muster::wire
