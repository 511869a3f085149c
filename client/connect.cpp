// How a program finds a running cluster: the connection file, and the checks before the first word.

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <muster/detail/pending.hpp>
#include <muster/error.hpp>

#include "client/connection.hpp"
#include "protocol/cluster_directory.hpp"
#include "protocol/connection_file.hpp"
#include "protocol/descriptor.hpp"
#include "protocol/engine_mark.hpp"
#include "protocol/identity.hpp"

namespace muster::detail {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto look_interval = 20ms;
constexpr auto answer_wait = 10s;

/// What this process executes, for the cluster to execute too.
struct OwnImage {
  wire::Digest digest;
  std::string path;
};

const OwnImage& own_image() {
  static const OwnImage image = [] {
    const wire::Descriptor file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    if (!file) throw ClusterError("this program can't read its own file through /proc/self/exe");
    std::string path(4096, '\0');
    const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
    path.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    return OwnImage{wire::Digest::of_file(file.get()), path};
  }();
  return image;
}

std::string setting(const std::string& option, const char* variable) {
  if (!option.empty()) return option;
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0' ? value : "default";
}

/// What views and clients share. Results share the connection alone: what they name has settled
/// when the last handle has gone.
struct Handle {
  explicit Handle(std::shared_ptr<Connection> made) : connection(std::move(made)) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { connection->leave(); }

  const std::shared_ptr<Connection> connection;
};

/// The file, once there is one that belongs to a living controller.
wire::ConnectionFile find_cluster(const ClientOptions& options) {
  wire::ClusterName name;
  std::filesystem::path path = options.file;
  if (path.empty()) {
    name = {setting(options.profile, "MUSTER_PROFILE"),
            setting(options.cluster_id, "MUSTER_CLUSTER_ID")};
    path = wire::ClusterDirectory(name).connection_file();
  }
  const Clock::time_point end = Clock::now() + options.wait;
  std::string trouble;
  for (;;) {
    try {
      wire::ConnectionFile file = wire::read_connection_file(path);
      const bool alive = ::kill(static_cast<pid_t>(file.controller_pid), 0) == 0 || errno == EPERM;
      if (alive) return file;
      trouble = "the cluster that wrote " + path.string() + " has ended";
    } catch (const wire::ConnectionFileError& error) {
      if (error.kind() != wire::ConnectionFileError::Kind::missing)
        throw ClusterError(error.what());
      trouble = "there is no " + path.string();
    }
    if (Clock::now() >= end) break;
    std::this_thread::sleep_for(look_interval);
  }
  std::string start = "muster start";
  if (options.file.empty() && name.profile != "default") start += " --profile " + name.profile;
  if (options.file.empty() && name.cluster_id != "default") {
    start += " --cluster-id " + name.cluster_id;
  }
  throw NoCluster("no running cluster: " + trouble + "; start one with: " + start);
}

}  // namespace

std::shared_ptr<Connection> connect_to(const wire::ConnectionFile& cluster,
                                       std::shared_ptr<zmq::context_t> context) {
  if (!main_was_wrapped()) {
    throw ClusterError(
        "engines can't run this program, because it was linked without Muster's options; link the "
        "target muster::muster, or add -Wl,--wrap=main -Wl,-u,main and the library muster_main");
  }
  const OwnImage& image = own_image();
  const auto handle = std::make_shared<Handle>(
      std::make_shared<Connection>(std::move(context), cluster, image.digest, image.path));
  return {handle, handle->connection.get()};
}

std::shared_ptr<Connection> connect(const ClientOptions& options) {
  if (marked_as_engine()) return nullptr;
  auto connection = connect_to(find_cluster(options));
  connection->wait_until_open(Clock::now() + answer_wait);
  return connection;
}

}  // namespace muster::detail
