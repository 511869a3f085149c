#include <muster/error.hpp>
#include <muster/shell.hpp>

namespace muster::detail {

ShellRequest shell_request(const ShellCommand& command, const ShellOptions& options) {
  if (command.words().empty() || command.words().front().empty())
    throw ClusterError("shell: a command needs the name of a program");
  for (const auto& [name, value] : options.env) {
    if (name.empty() || name.find('=') != std::string::npos)
      throw ClusterError("shell: '" + name + "' in .env is no name of a variable");
  }
  if (options.stop_signal < 1 || options.stop_signal > SIGRTMAX)
    throw ClusterError("shell: .stop_signal is no signal: SIGINT, SIGTERM, SIGKILL are some");
  ShellRequest request;
  request.words = command.words();
  request.env = options.env;
  request.cwd = options.cwd;
  request.input = options.input;
  request.check = options.check;
  request.stream = options.stream;
  request.output_max = options.output_max;
  request.stop_signal = options.stop_signal;
  return request;
}

}  // namespace muster::detail
