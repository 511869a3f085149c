#pragma once
// What a cluster's launcher is told, by `muster start` and by `muster controller`, which is the
// same without engines.

#include <string>

#include "launcher/image_cache_option.hpp"
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
  int memory_mib = 2048;                          ///< for results that clients haven't taken
  int image_cache_mib = image_cache_mib_usually;  ///< for programs that come from other hosts
  bool daemonize = false;
  bool resume = false;
  int timeout_s = 60;
  std::string bind;        ///< empty: no port is opened
  std::string port_range;  ///< empty: any ports
  LogOptions log;
};

/// Adds --hwm, --scheme, --memory and --image-cache.
void add_scheduling_options(CLI::App& command, StartOptions& options);
void add_network_options(CLI::App& command, StartOptions& options);

/// Runs a cluster until it is stopped, or with `daemonize` until it is ready. Returns an ExitCode.
int start(const StartOptions& options);

}  // namespace muster::launcher
