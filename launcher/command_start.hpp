#pragma once
// What `muster start` does, for `muster controller`, too.

#include "launcher/start_options.hpp"

namespace muster::launcher {

/// Runs a cluster until it is stopped, or with `daemonize` until it is ready. Returns an ExitCode.
int start(const StartOptions& options);

}  // namespace muster::launcher
