#pragma once
// A command of the system as a task: what `muster run` runs on engines.

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include <msgpack.hpp>

namespace muster::launcher {

struct ShellResult {
  std::int32_t exit_code =
      0;               ///< the command's; 128 + n when signal n ended it; 126 and 127 as env
  std::string output;  ///< its stdout
  std::string errors;  ///< its stderr, or why it could not be started
  MSGPACK_DEFINE(exit_code, output, errors)
};

/// Runs the command, found as a shell finds it, with stdin empty, in a process group of its own
/// that ends with this engine or when the task is cancelled. Returns when it has ended and nobody
/// holds its output any more. Requires at least one argument.
ShellResult run_shell_command(std::vector<std::string> arguments, std::stop_token stop);

}  // namespace muster::launcher
