#pragma once
// Which running cluster a client wants.

#include <chrono>
#include <filesystem>
#include <string>

namespace muster {

/// The first of these that is given says which: `file`, `profile` and `cluster_id`, the
/// environment's MUSTER_CONNECTION_FILE, its MUSTER_PROFILE and MUSTER_CLUSTER_ID, the cluster
/// "default" of the profile "default". An empty variable isn't given.
struct ClientOptions {
  std::string profile{};         ///< empty: $MUSTER_PROFILE, else "default"
  std::string cluster_id{};      ///< empty: $MUSTER_CLUSTER_ID, else "default"
  std::filesystem::path file{};  ///< a connection file, which may be of a cluster of another host
  std::chrono::nanoseconds wait =
      std::chrono::seconds(10);  ///< for a cluster to be there; said after 1 s
};

}  // namespace muster
