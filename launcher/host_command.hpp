#pragma once
// The interface of a launcher: what runs a command on another host. Everything else about a node,
// how it gets its program, its keys and its end, is the same for all of them
// (launcher/remote_node.hpp).
//
// A launcher is a program, called with two arguments: the host as the user has written it, and a
// line for a shell of that host. It runs the line there, and passes on
//   - its own stdin to the line's, with its end: the node ends when its stdin does;
//   - the line's stdout to its own, unchanged: by it the node answers;
//   - the line's stderr to its own: what it says there is in the host's log, and its last line is
//     shown to the user when the host can't be used;
//   - the line's exit code.
// It is killed when the cluster is stopped by force, and must then not leave the line running with
// an open stdin. `ssh` is one, but for its options.

#include <string>
#include <vector>

#include "launcher/host_list.hpp"

namespace muster::launcher {

struct JobAllocation;

struct HostCommand {
  std::string program = "ssh";         ///< "ssh", or the path or name of another launcher
  std::vector<std::string> arguments;  ///< of ssh, before all others: --ssh-arg
  const JobAllocation* job = nullptr;  ///< the hosts are those of this job

  bool is_ssh() const;
  /// The program with its arguments, which runs `line` on the host. Each of `tunnels` is
  /// "PATH:ADDRESS:PORT": who connects to the path there is connected to the address here. For ssh
  /// only.
  std::vector<std::string> command_line(const RemoteHost& host, const std::string& line,
                                        const std::vector<std::string>& tunnels = {}) const;
};

}  // namespace muster::launcher
