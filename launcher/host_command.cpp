#include "launcher/host_command.hpp"

#include "launcher/job_allocation.hpp"

namespace muster::launcher {
bool HostCommand::is_ssh() const {
  return job == nullptr ? program == "ssh" : job->command_line == nullptr;
}

std::vector<std::string> HostCommand::command_line(const RemoteHost& host, const std::string& line,
                                                   const std::vector<std::string>& tunnels) const {
  if (job != nullptr && job->command_line != nullptr) return job->command_line(host, line);
  std::vector<std::string> words{is_ssh() ? "ssh" : program};
  if (!is_ssh()) {
    std::string name = host.destination;
    if (host.port != 0) name += ":" + std::to_string(host.port);
    words.insert(words.end(), {std::move(name), line});
    return words;
  }
  // The user's come first, because ssh takes the first value that it is given of an option.
  words.insert(words.end(), arguments.begin(), arguments.end());
  // Nobody could answer a question: hosts are asked side by side, and perhaps in the background. A
  // connection that the user shares is used, but none is left behind for others. A terminal would
  // change what goes through it.
  words.insert(words.end(), {"-o", "BatchMode=yes", "-o", "ControlMaster=no", "-o",
                             "RemoteCommand=none", "-T", "-x"});
  if (!tunnels.empty()) words.insert(words.end(), {"-o", "ExitOnForwardFailure=yes"});
  for (const std::string& tunnel : tunnels)
    words.insert(words.end(), {"-R", tunnel});
  if (host.port != 0) words.insert(words.end(), {"-p", std::to_string(host.port)});
  words.insert(words.end(), {"--", host.destination, line});
  return words;
}

}  // namespace muster::launcher
