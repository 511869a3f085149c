#pragma once
// The launcher of a cluster: starts a controller, a node here and nodes on other hosts, says when
// all engines are there, ends everything when one of the two dies or when it is told to.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <asio/io_context.hpp>

#include "controller/history.hpp"
#include "launcher/batch_nodes.hpp"
#include "launcher/bind_address.hpp"
#include "launcher/process_log.hpp"
#include "launcher/remote_nodes.hpp"
#include "protocol/cluster_directory.hpp"
#include "protocol/connection_file.hpp"
#include "protocol/image_cache.hpp"
#include "protocol/limits.hpp"
#include "protocol/resources.hpp"

namespace muster::launcher {

struct LaunchConfig {
  wire::ClusterName name;
  std::uint32_t engines = 0;
  /// How many make it ready; all unless given.
  std::optional<std::uint32_t> engines_needed;
  std::uint32_t hwm = 0;           ///< 0: the controller's default
  wire::Resources resources;       ///< of each engine
  std::uint64_t memory_limit = 0;  ///< of each engine's process, in bytes; 0: none
  /// For programs that come from other hosts, in bytes.
  std::uint64_t image_cache = wire::ImageCache::bytes_max_usually;
  std::uint64_t memory = wire::outcomes_max;  ///< for results that clients haven't taken, in bytes
  std::size_t history = controller::History::records_usually;  ///< tasks that have ended
  std::string database;  ///< the file that the history is kept in; empty: none
  std::uint64_t database_bytes = std::uint64_t{1} << 30;
  std::string scheme = "leastload";
  LogOptions log;                   ///< of controller and node
  std::optional<BindAddress> bind;  ///< none: no port is opened
  RemotePlan remote;                ///< more nodes, on other hosts; needs a `bind`
  BatchPlan batch;                  ///< or in jobs of a batch system; the same
  std::function<void(const std::string&)> on_host_lost;  ///< which of them, and why: one line
  /// Go on with the cluster of this name that was killed: under its uuid, with its keys and where
  /// it listened.
  bool resume = false;
  std::chrono::milliseconds ready_bound{60'000};
};

struct LaunchEnd {
  int exit_code = 0;
  std::string reason;  ///< for people; empty when it was stopped in an orderly way
};

/// All calls and callbacks on the loop's thread.
class LocalLaunch {
 public:
  /// Takes the lock and starts controller and nodes. `on_ready` comes once, with the clients' file,
  /// when every engine that is needed has said HELLO; `on_end` once, when every process has ended
  /// and every file of the run is removed. Throws AlreadyRunning, NothingToResume,
  /// std::invalid_argument (a name), std::runtime_error.
  LocalLaunch(asio::io_context& io, LaunchConfig config,
              std::function<void(const wire::ConnectionFile&)> on_ready,
              std::function<void(const LaunchEnd&)> on_end);
  ~LocalLaunch();

  /// Ends the cluster: GOODBYE first, then by force; `on_end` within about six seconds. The second
  /// call goes to force at once.
  void stop(LaunchEnd end);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace muster::launcher
