#pragma once
// How `muster start --daemonize` leaves the terminal.

#include <filesystem>

#include <sys/types.h>

#include "protocol/descriptor.hpp"

namespace muster::launcher {

/// After the fork: both processes hold one end of a tether (launcher/tether.hpp), on which the
/// background process says how its start went. It must end if the other goes away before that.
struct Background {
  bool is_starter = false;  ///< true in the process that the shell waits for
  wire::Descriptor tether;
  pid_t pid = 0;  ///< of the background process
};

/// Forks; the child gets a session of its own. Call it before there are threads or a loop.
/// Throws std::system_error.
Background go_to_background();

/// stdin becomes /dev/null, stdout and stderr are appended to this file. Throws std::system_error.
void redirect_output(const std::filesystem::path& log);

}  // namespace muster::launcher
