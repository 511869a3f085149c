// How a program finds a running cluster: the connection file, and the checks before the first word.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <unistd.h>
#include <zmq.hpp>

#include <muster/detail/pending.hpp>
#include <muster/error.hpp>

#include "client/connection.hpp"
#include "protocol/cluster_directory.hpp"
#include "protocol/connection_file.hpp"
#include "protocol/descriptor.hpp"
#include "protocol/engine_mark.hpp"
#include "protocol/host_name.hpp"
#include "protocol/identity.hpp"
#include "protocol/knock.hpp"
#include "protocol/own_engine.hpp"
#include "protocol/pidfd.hpp"
#include "protocol/way.hpp"

namespace muster::detail {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto look_interval = 20ms;
/// A wait for a cluster that takes this long is spoken of.
constexpr auto spoken_of_after = 1s;
constexpr auto answer_wait = 10s;
/// For a controller that has died, whose launcher starts it again: also for who doesn't want to
/// wait for a cluster.
constexpr auto restart_wait = 10s;
constexpr std::chrono::milliseconds knock_bound_min = 2s;

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

/// What the program says comes before the environment, and a file before a name.
std::filesystem::path chosen_file(const ClientOptions& options) {
  if (!options.file.empty()) return options.file;
  const char* file = std::getenv("MUSTER_CONNECTION_FILE");
  const bool named = !options.profile.empty() || !options.cluster_id.empty();
  return named || file == nullptr ? "" : file;
}

/// Of a controller on another host only its answer can tell.
bool is_alive(const wire::ConnectionFile& cluster) {
  if (!wire::way_to(cluster).local) return true;
  // Without a network it may be a file of another host all the same, whose numbers mean nothing.
  if (cluster.host != wire::host_name() && !wire::is_here(cluster)) return false;
  return wire::is_alive(static_cast<pid_t>(cluster.controller_pid));
}

/// Its controller is gone, and its launcher is there to start it again.
bool is_restarting(const wire::ConnectionFile& cluster) {
  return cluster.host == wire::host_name() && cluster.launcher_pid != cluster.controller_pid &&
         wire::is_alive(static_cast<pid_t>(cluster.launcher_pid));
}

/// Why nobody was found by this file, which others have written.
std::string trouble_with(const std::filesystem::path& path, const wire::ConnectionFile& file) {
  const std::string cluster = "the cluster that wrote " + path.string();
  if (is_restarting(file)) return "the controller of " + cluster + " is being started again";
  if (file.host == wire::host_name()) return cluster + " has ended";
  return cluster + " listens on no network, so only programs on " + file.host + " can reach it";
}

struct Found {
  std::filesystem::path path;
  wire::ConnectionFile cluster;
};

/// The file, once there is one that belongs to a living controller.
Found find_cluster(const ClientOptions& options) {
  wire::ClusterName name;
  std::filesystem::path path = chosen_file(options);
  const bool by_file = !path.empty();
  if (!by_file) {
    name = {setting(options.profile, "MUSTER_PROFILE"),
            setting(options.cluster_id, "MUSTER_CLUSTER_ID")};
    path = wire::ClusterDirectory(name).connection_file();
  }
  const Clock::time_point begin = Clock::now();
  Clock::time_point end = begin + options.wait;
  bool said = false;
  std::string trouble;
  for (;;) {
    try {
      wire::ConnectionFile file = wire::read_connection_file(path);
      if (is_alive(file)) return {path, std::move(file)};
      trouble = trouble_with(path, file);
      if (is_restarting(file)) end = std::max(end, begin + restart_wait);
    } catch (const wire::ConnectionFileError& error) {
      if (error.kind() != wire::ConnectionFileError::Kind::missing)
        throw ClusterError(error.what());
      trouble = "there is no " + path.string();
    }
    const Clock::time_point now = Clock::now();
    if (now >= end) break;
    if (!said && now - begin >= spoken_of_after) {
      said = true;
      std::fprintf(
          stderr, "muster: waiting for a cluster, %lld s at most: %s\n",
          static_cast<long long>(std::chrono::ceil<std::chrono::seconds>(end - now).count()),
          trouble.c_str());
    }
    std::this_thread::sleep_for(look_interval);
  }
  if (by_file) {
    throw NoCluster("no running cluster: " + trouble +
                    "; copy connection.json from the host of a cluster that runs, started with: "
                    "muster start --bind ADDRESS if that is another host");
  }
  throw NoCluster("no running cluster: " + trouble + "; start one with: muster start" +
                  arguments_for(name));
}

/// Over a network, so that a key that isn't known is an error and not a silence.
void ask_whether_let_in(const wire::Way& way, std::chrono::nanoseconds bound) {
  if (way.local) return;
  zmq::context_t context;
  wire::Knock knock(context, way.control_endpoint, way.keys);
  // Also who doesn't want to wait for a cluster to be started has to wait for the network.
  const wire::KnockAnswer answer =
      knock.wait(std::max(std::chrono::ceil<std::chrono::milliseconds>(bound), knock_bound_min));
  if (answer == wire::KnockAnswer::let_in) return;
  const std::string text = wire::describe(answer, way.control_endpoint);
  if (answer == wire::KnockAnswer::nobody) throw NoCluster("no running cluster: " + text);
  throw ClusterError(text);
}

/// In a task that says nothing else: the cluster whose engine it is in, as its controller listens
/// for programs of the same host, beside where it listens for engines. None where an engine reaches
/// its controller otherwise: over a network a program needs a connection file, there too.
std::optional<wire::ConnectionFile> own_cluster(const ClientOptions& options) {
  const OwnEngine* const engine = own_engine();
  if (!options.file.empty() || !options.profile.empty() || !options.cluster_id.empty())
    return std::nullopt;
  if (executes_as_thread()) {
    throw ClusterError(
        "a Client in a task whose engine is a thread of its program has to say which cluster it "
        "means (ClientOptions::file, profile or cluster_id): for that of the program use the "
        "program's own client, which its threads share");
  }
  if (const std::optional<std::string>& file = program_cluster()) {
    if (file->empty()) return std::nullopt;
    return wire::parse_connection_file(*file, "what the program has said of its cluster");
  }
  if (engine == nullptr) return std::nullopt;
  constexpr std::string_view scheme = "ipc://";
  const std::string& there = engine->task_endpoint();
  if (!there.starts_with(scheme)) return std::nullopt;
  wire::ConnectionFile cluster;
  cluster.uuid = engine->cluster();
  cluster.client_endpoint = there.substr(0, there.rfind('/') + 1) + "client";
  cluster.control_endpoint = engine->control_endpoint();
  cluster.host = wire::host_name();
  std::error_code none;
  if (!std::filesystem::exists(cluster.client_endpoint.substr(scheme.size()), none))
    return std::nullopt;
  return cluster;
}

}  // namespace

std::string connection_file_of(const std::shared_ptr<Connection>& connection) {
  refuse_without(connection);
  return wire::to_json(connection->way_for_others());
}

std::shared_ptr<Connection> connect_to(const wire::ConnectionFile& cluster,
                                       std::shared_ptr<zmq::context_t> context) {
  if (!main_was_wrapped()) {
    throw ClusterError(
        "engines can't run this program, because it was linked without Muster's options; link the "
        "target muster::muster, or add -Wl,--wrap=main -Wl,-u,main and the library muster_main");
  }
  const auto handle =
      std::make_shared<Handle>(std::make_shared<Connection>(std::move(context), cluster));
  return {handle, handle->connection.get()};
}

std::shared_ptr<Connection> connect(const ClientOptions& options) {
  if (marked_as_engine() && own_engine() == nullptr) return nullptr;
  if (const auto own = own_cluster(options)) {
    auto connection = connect_to(*own);
    connection->wait_until_open(Clock::now() + answer_wait);
    return connection;
  }
  const auto [path, cluster] = find_cluster(options);
  if (cluster.role != wire::Role::client) {
    throw ClusterError(std::string("this connection file is for the role ") +
                       wire::name_of(cluster.role) +
                       "; a program needs the file connection.json that lies beside it on the host "
                       "of the cluster");
  }
  const auto unusable = [&, path = path](const std::exception& error) {
    return ClusterError("the addresses in " + path.string() + " can't be used (" + error.what() +
                        "); copy the file again from the host of the cluster");
  };
  std::shared_ptr<Connection> connection;
  try {
    ask_whether_let_in(wire::way_to(cluster), options.wait);
    connection = connect_to(cluster);
  } catch (const zmq::error_t& error) {
    throw unusable(error);
  } catch (const std::invalid_argument& error) {
    throw unusable(error);
  }
  connection->watch_file(path, cluster.uuid);
  connection->wait_until_open(Clock::now() + answer_wait);
  return connection;
}

}  // namespace muster::detail
