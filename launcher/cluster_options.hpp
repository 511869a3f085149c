#pragma once
// The options by which every command names a cluster.

#include <string>

#include "protocol/cluster_directory.hpp"

namespace CLI {
class App;
}

namespace muster::launcher {

/// Adds --profile and --cluster-id, which fill `name` (it must outlive the parse). A name that
/// isn't allowed is a usage error.
void add_cluster_options(CLI::App& command, wire::ClusterName& name);

/// Only the first of them.
void add_profile_option(CLI::App& command, wire::ClusterName& name);

/// "cluster 'a' of profile 'b'".
std::string describe(const wire::ClusterName& name);

}  // namespace muster::launcher
