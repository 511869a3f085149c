#pragma once
// The inner process of `muster exec`: the launcher of a cluster that one program has for itself,
// and the program. It is a sub-reaper, so that neither outlives it; the outer process is one, too,
// for the case that this one is killed.

#include <string>
#include <vector>

#include "launcher/signal_watch.hpp"
#include "launcher/start_options.hpp"
#include "protocol/descriptor.hpp"

namespace muster::launcher {

struct ExecOptions {
  StartOptions start;
  std::vector<std::string> command;  ///< the program and its arguments
};

/// Starts the cluster, runs the program from the first engine on, stops the cluster. Ends all at
/// once when `outer`, the other end of which the outer process holds, is cut. Returns the program's
/// exit code, 128 + the signal that ended it, or an ExitCode.
int exec_program(const ExecOptions& options, const SignalDescriptor& signals,
                 wire::Descriptor outer);

}  // namespace muster::launcher
