#pragma once
// What dead clusters of this user have left on this host, and its removal. Nothing that anybody
// holds is touched: a living cluster holds the lock of its directory and that of its sockets', and
// whoever uses an image has it locked.

#include <filesystem>
#include <string>
#include <vector>

#include "protocol/cluster_directory.hpp"

namespace muster::launcher {

struct Leftover {
  std::string what;
  std::filesystem::path path;
  std::string kept;  ///< why it stays, when it should have been removed
};

enum class Removal {
  look,    ///< only say what would be removed
  remove,  ///< remove it
};

/// Directories of sockets in the temporary directory.
std::vector<Leftover> leftover_sockets(Removal removal);
/// Connection files, locks, keys and logs of clusters that don't run.
std::vector<Leftover> leftover_clusters(Removal removal);
/// The same of one cluster, which ran until now. Says nothing of what stays.
void remove_cluster(const wire::ClusterName& name);
/// Files of programs that came over the network and that no node uses now.
std::vector<Leftover> leftover_images(Removal removal);
/// Builds of muster that launchers on other hosts have sent, and that no node uses now.
std::vector<Leftover> leftover_bundles(Removal removal);

}  // namespace muster::launcher
