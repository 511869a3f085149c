#pragma once
// `muster via`, which other commands use for their option --via.

#include <string>
#include <vector>

#include "launcher/host_command.hpp"
#include "protocol/cluster_directory.hpp"

namespace muster::launcher {

struct ViaOptions {
  std::string destination;  ///< as ssh knows it
  HostCommand ssh;
  wire::ClusterName name;
  std::vector<std::string> command;  ///< the program and its arguments; empty: until a signal
};

/// Runs the program with MUSTER_CONNECTION_FILE for a cluster of that host. Returns the program's
/// exit code, 128 + the signal that ended it, or an ExitCode.
int via(const ViaOptions& options);

/// When `arguments`, those of a muster command without its name, have --via: the same as `via` of
/// that command without it. False when they don't.
bool take_via(const std::vector<std::string>& arguments, ViaOptions& options);

}  // namespace muster::launcher
