#pragma once
// Which running cluster a command looks at: one of this user on this host, by its names, or one of
// any host by its connection file.

#include <filesystem>
#include <stdexcept>
#include <string>

#include "protocol/cluster_directory.hpp"
#include "protocol/connection_file.hpp"

namespace CLI {
class App;
}

namespace muster::launcher {

struct ClusterChoice {
  wire::ClusterName name;
  std::string file;

  bool by_name() const { return file.empty(); }
};

/// There is no such cluster, or none that can be reached from here; the text says what to do.
class NoSuchCluster : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Adds --profile, --cluster-id and --file.
void add_cluster_choice(CLI::App& command, ClusterChoice& choice);

/// To be called when the command line was read. As for programs, MUSTER_CONNECTION_FILE counts
/// unless the command line itself names a cluster.
void take_file_from_environment(const CLI::App& command, ClusterChoice& choice);

/// Its connection file, which only says that it seems to run. Throws NoSuchCluster,
/// wire::ConnectionFileError, std::runtime_error.
wire::ConnectionFile find_cluster(const ClusterChoice& choice);

/// As the user knows it: "cluster 'default' of profile 'default'".
std::string describe(const wire::ConnectionFile& cluster);

}  // namespace muster::launcher
