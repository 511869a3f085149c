#include "launcher/cluster_files.hpp"

#include <array>
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "launcher/cluster_options.hpp"
#include "launcher/runtime_directory.hpp"
#include "protocol/host_name.hpp"
#include "protocol/socket.hpp"

namespace muster::launcher {
namespace {

std::uint16_t port_of(const std::string& endpoint) {
  return static_cast<std::uint16_t>(
      std::strtoul(endpoint.c_str() + endpoint.rfind(':') + 1, nullptr, 10));
}

/// Of "tcp://ADDRESS:PORT"; that of IPv6 is in brackets.
std::string address_in(const std::string& endpoint) {
  constexpr std::size_t scheme = std::string_view("tcp://").size();
  const std::string address = endpoint.substr(scheme, endpoint.rfind(':') - scheme);
  return address.starts_with('[') ? address.substr(1, address.size() - 2) : address;
}

BindAddress place_of(const wire::ConnectionFile& client, const wire::ConnectionFile& node) {
  const std::string address = address_in(client.network->client_endpoint);
  return {address,
          address,
          {port_of(client.network->client_endpoint), port_of(node.network->engine_endpoint),
           port_of(client.network->control_endpoint)}};
}

}  // namespace

ClusterRemains read_remains(const wire::ClusterDirectory& directory) {
  ClusterRemains remains;
  try {
    remains.connection = wire::read_connection_file(directory.connection_file());
  } catch (const wire::ConnectionFileError& error) {
    if (error.kind() != wire::ConnectionFileError::Kind::missing) throw;
    const std::string arguments = arguments_for(directory.name());
    throw NothingToResume("there is nothing of " + describe(directory.name()) +
                          " to go on with: it was stopped, or it never ran; start it with: muster "
                          "controller" +
                          arguments);
  }
  constexpr std::size_t scheme = std::string_view("ipc://").size();
  const std::filesystem::path socket = remains.connection.control_endpoint.substr(scheme);
  remains.runtime = socket.parent_path();
  if (!remains.connection.network) return remains;
  remains.keys = wire::read_key_ring(directory.key_file());
  remains.bind = place_of(remains.connection, wire::read_connection_file(directory.node_file()));
  return remains;
}

ClusterFiles::ClusterFiles(wire::ClusterDirectory directory, bool network,
                           const std::filesystem::path& runtime)
    : directory_(std::move(directory)) {
  directory_.forget_cluster();  // of one that was killed
  connection.uuid = wire::Uuid::random();
  connection.profile = directory_.name().profile;
  connection.cluster_id = directory_.name().cluster_id;
  connection.client_endpoint = client_endpoint(runtime);
  connection.engine_endpoint = engine_endpoint(runtime);
  connection.control_endpoint = control_endpoint(runtime);
  connection.host = wire::host_name();
  connection.launcher_pid = ::getpid();
  if (network) wire::write_key_ring(directory_.key_file(), keys_.emplace(wire::KeyRing::make()));
}

ClusterFiles::ClusterFiles(wire::ClusterDirectory directory, const ClusterRemains& remains)
    : connection(remains.connection), directory_(std::move(directory)), keys_(remains.keys) {
  connection.engine_endpoint = engine_endpoint(remains.runtime);
  connection.host = wire::host_name();
  connection.launcher_pid = ::getpid();
  connection.network.reset();
}

std::vector<std::uint16_t> ClusterFiles::listens_at(const std::string& endpoints,
                                                    const std::string& published) {
  std::istringstream words(endpoints);
  std::vector<std::uint16_t> ports;
  for (std::string* endpoint : {&network_.client, &network_.engine, &network_.control}) {
    words >> *endpoint;
    ports.push_back(port_of(*endpoint));
    *endpoint = wire::tcp_endpoint(published, ports.back());
  }
  return ports;
}

wire::ConnectionFile ClusterFiles::file_of(wire::Role role) const {
  return keys_ ? wire::file_for(role, connection, network_, *keys_)
               : wire::file_for(role, connection);
}

void ClusterFiles::write() {
  connection.created = std::chrono::duration_cast<std::chrono::seconds>(
                           std::chrono::system_clock::now().time_since_epoch())
                           .count();
  if (keys_) {
    wire::write_connection_file(directory_.node_file(), file_of(wire::Role::node));
    wire::write_connection_file(directory_.observer_file(), file_of(wire::Role::observer));
  }
  // The last one: who waits for the cluster waits for this.
  wire::write_connection_file(directory_.connection_file(), file_of(wire::Role::client));
}

}  // namespace muster::launcher
