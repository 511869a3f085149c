#pragma once
// A node that joins a cluster by hand, from any host: without a launcher that holds it, in the
// foreground, until it is interrupted or the cluster ends.

#include <filesystem>

#include "launcher/image_cache_option.hpp"
#include "launcher/process_log.hpp"

namespace muster::launcher {

struct JoinOptions {
  std::filesystem::path file;  ///< a connection file of the role node
  int slots = 0;
  int image_cache_mib = image_cache_mib_usually;
  LogOptions log;
};

/// Returns an ExitCode, when its engines have ended. Says on stdout that it has joined, and on
/// stderr why it couldn't or had to end.
int join_cluster(const JoinOptions& options);

}  // namespace muster::launcher
