#include "protocol/way.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string_view>

#include <sys/socket.h>
#include <sys/un.h>

#include "protocol/descriptor.hpp"
#include "protocol/private_file.hpp"

namespace muster::wire {
namespace {

constexpr std::string_view ipc = "ipc://";

/// True when we listen there: another user of this host may have made a path of that name, but no
/// directory that is ours and closed.
bool connects(const std::string& endpoint) {
  if (!endpoint.starts_with(ipc)) return true;  // a controller in this process
  const std::string_view path = std::string_view(endpoint).substr(ipc.size());
  try {
    check_private_directory(std::filesystem::path(path).parent_path());
  } catch (const std::runtime_error&) {
    return false;
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.data(), path.size());
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return false;
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return true;
  }
  return errno == EAGAIN;  // its queue of connections is full: it is there
}

}  // namespace

Way way_to(const ConnectionFile& cluster) {
  if (!cluster.network || is_here(cluster)) {
    return {
        true, cluster.client_endpoint, cluster.engine_endpoint, cluster.control_endpoint, {}, {},
        {}};
  }
  const ConnectionFile::Network& network = *cluster.network;
  const std::string& server = network.keys.server_key;
  const bool observes = cluster.role == Role::observer;
  return {false,
          network.client_endpoint,
          network.engine_endpoint,
          network.control_endpoint,
          network.keys,
          {server, network.engine_keys},
          {server, observes ? network.keys.own : network.observer_keys}};
}

bool is_here(const ConnectionFile& cluster) {
  return connects(cluster.control_endpoint);
}

}  // namespace muster::wire
