#include "launcher/mpi_cluster.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "protocol/host_name.hpp"
#include "protocol/pidfd.hpp"

namespace muster::launcher {
namespace {

constexpr std::chrono::milliseconds mpi_look_interval{20};

std::string value_of(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

wire::ClusterName name_in_environment() {
  wire::ClusterName name;
  if (const std::string profile = value_of("MUSTER_PROFILE"); !profile.empty())
    name.profile = profile;
  if (const std::string id = value_of("MUSTER_CLUSTER_ID"); !id.empty()) name.cluster_id = id;
  return name;
}

/// The one that lies beside it, for who may come from another host.
wire::ConnectionFile read_for_node(const std::filesystem::path& path) {
  const std::filesystem::path of_node = path.parent_path() / "connection-node.json";
  std::error_code none;
  return wire::read_connection_file(std::filesystem::exists(of_node, none) ? of_node : path);
}

/// Of a controller on another host only its answer can tell.
bool may_live(const wire::ConnectionFile& cluster) {
  return cluster.host != wire::host_name() ||
         wire::is_alive(static_cast<pid_t>(cluster.controller_pid));
}

}  // namespace

wire::ConnectionFile find_mpi_cluster(const std::optional<wire::ClusterName>& given,
                                      std::chrono::seconds wait) {
  const wire::ClusterName name = given ? *given : name_in_environment();
  const std::string file = given ? "" : value_of("MUSTER_CONNECTION_FILE");
  const std::filesystem::path path =
      file.empty() ? wire::ClusterDirectory(name).connection_file() : std::filesystem::path(file);
  const auto end = std::chrono::steady_clock::now() + wait;
  std::string trouble;
  for (;;) {
    try {
      wire::ConnectionFile cluster = read_for_node(path);
      if (may_live(cluster)) return cluster;
      trouble = "the cluster that wrote " + path.string() + " has ended";
    } catch (const wire::ConnectionFileError& error) {
      if (error.kind() != wire::ConnectionFileError::Kind::missing) throw;
      trouble = "there is no " + path.string();
    }
    if (std::chrono::steady_clock::now() >= end) break;
    std::this_thread::sleep_for(mpi_look_interval);
  }
  throw std::runtime_error("no running cluster for this MPI job: " + trouble +
                           "; start one first, with: muster start -n 0" +
                           wire::arguments_for(name));
}

wire::Way way_of_rank(const wire::ConnectionFile& cluster) {
  wire::Way way = wire::way_to(cluster);
  if (way.local && !wire::is_here(cluster)) {
    throw std::runtime_error("the cluster on " + cluster.host +
                             " listens on no network, so no rank on " + wire::host_name() +
                             " can reach it; start it with: muster start --bind ADDRESS");
  }
  if (!way.local && cluster.role != wire::Role::node) {
    throw std::runtime_error(
        "a rank on another host than the cluster's needs the file connection-node.json, which lies "
        "beside connection.json there; copy it and let MUSTER_CONNECTION_FILE name it");
  }
  if (way.local) {
    // A client's file doesn't name it; it lies beside the one for clients.
    const std::string& control = cluster.control_endpoint;
    way.engine_endpoint = control.substr(0, control.rfind('/') + 1) + "engine";
  }
  return way;
}

}  // namespace muster::launcher
