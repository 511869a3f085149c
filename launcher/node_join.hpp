#pragma once
// A node that joins a cluster of another host: by hand, in the foreground, until it is interrupted
// or the cluster ends, or held by the cluster's launcher.

#include <filesystem>
#include <string>

#include "launcher/image_cache_option.hpp"
#include "launcher/process_log.hpp"

namespace muster::launcher {

/// What tasks get to end before their node leaves, after the signal that announces it.
inline constexpr int drain_time_usually_s = 60;
inline constexpr int drain_time_max_s = 24 * 3600;

struct JoinOptions {
  std::filesystem::path file;  ///< a connection file of the role node
  /// Not empty: a launcher on another host holds it. The file comes through stdin, whose end ends
  /// it; what it says on stdout begins with this (launcher/node_line.hpp).
  std::string mark;
  std::string batch;  ///< not empty: it runs in a job of this batch system
  int slots = 0;
  std::string resources;
  int memory_limit_mib = 0;  ///< of each engine's process; 0: none
  int image_cache_mib = image_cache_mib_usually;
  int drain_time_s = drain_time_usually_s;
  LogOptions log;

  bool in_job() const { return !batch.empty(); }
};

/// Returns an ExitCode, when its engines have ended. Says on stdout that it has joined, and on
/// stderr why it couldn't or had to end.
int join_cluster(const JoinOptions& options);

}  // namespace muster::launcher
