#pragma once
// What a cluster's launcher is told: by `muster start`, by `muster controller`, which is the same
// without engines, and by `muster exec`.

#include <string>
#include <vector>

#include "controller/history.hpp"
#include "launcher/batch_options.hpp"
#include "launcher/host_command.hpp"
#include "launcher/host_list.hpp"
#include "launcher/image_cache_option.hpp"
#include "launcher/local_launch.hpp"
#include "launcher/process_log.hpp"
#include "protocol/cluster_directory.hpp"

namespace CLI {
class App;
}

namespace muster::launcher {

struct StartOptions {
  wire::ClusterName name;
  int engines = 0;
  int hwm = 0;
  std::string scheme = "leastload";
  int memory_mib = 2048;  ///< for results that clients haven't taken
  int history = static_cast<int>(controller::History::records_usually);  ///< tasks that have ended
  std::string database;      ///< the file of the history; empty: it is in memory only
  int database_mib = 1024;   ///< that it may have
  std::string resources;     ///< of each engine
  int memory_limit_mib = 0;  ///< of each engine's process; 0: none
  int image_cache_mib = image_cache_mib_usually;  ///< for programs that come from other hosts
  bool daemonize = false;
  bool resume = false;
  int timeout_s = 60;
  std::string bind;        ///< empty: no port is opened
  std::string port_range;  ///< empty: any ports
  std::string hosts;       ///< empty: only this one
  HostCommand launcher;    ///< how a command gets to run there
  bool tunnel = false;
  bool require_all = false;
  BatchOptions batch;
  LogOptions log;
};

/// Adds --hosts, of which `help` says what becomes of them, --launcher and --ssh-arg.
void add_reach_options(CLI::App& command, std::string& hosts, HostCommand& launcher,
                       const std::string& help);
/// With the job of its batch system, if this process is in one.
HostCommand in_its_job(HostCommand launcher);
/// What --hosts says: a list, or a file of hosts; without it those of the launcher's job, if it has
/// one. Throws std::invalid_argument, TomlError, and as JobAllocation::hosts does.
std::vector<RemoteHost> named_hosts(const std::string& hosts, const HostCommand& launcher);
/// Adds --hwm, --scheme, --memory, --history, --db, --db-size and --image-cache.
void add_scheduling_options(CLI::App& command, StartOptions& options);
void add_network_options(CLI::App& command, StartOptions& options);
/// All of these, and what is about engines. The command's callback has to call `check_hosts`.
void add_cluster_start_options(CLI::App& command, StartOptions& options);

/// Throws CLI::ParseError when the command line has a launcher without hosts.
void check_hosts(const CLI::App& command, const StartOptions& options);

/// Throws std::invalid_argument for what --bind, --port-range and --hosts can't mean, and
/// std::runtime_error when it can't be said where the hosts reach this one.
LaunchConfig launch_config(const StartOptions& options);

}  // namespace muster::launcher
