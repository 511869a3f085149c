#pragma once
// The job of a batch system that this process is in: which hosts it has, and how a command gets to
// them. What a job that is to be submitted is like, stands in launcher/batch_system.hpp.

#include <string>
#include <string_view>
#include <vector>

#include "launcher/host_list.hpp"

namespace muster::launcher {

struct JobAllocation {
  std::string_view system;  ///< as --launcher has it
  /// This process is in such a job, and is told which hosts that has.
  bool (*is_here)();
  /// One entry for each of them, with as many engines as the job has slots there. Throws
  /// std::runtime_error, which says what to do.
  std::vector<RemoteHost> (*hosts)();
  /// The program with its arguments that runs `line` in a shell of the host, as
  /// launcher/host_command.hpp wants it; null: ssh does.
  std::vector<std::string> (*command_line)(const RemoteHost& host, const std::string& line);
  /// Also what is to run on this very host is started through the system.
  bool has_steps = false;
};

/// The job of this system that this process is in; nullptr when it is in none.
const JobAllocation* allocation_of(std::string_view system);
/// Of whichever system.
const JobAllocation* allocation_here();

// What the systems say of a job's hosts. They throw std::runtime_error when it isn't that.

/// $PE_HOSTFILE of Grid Engine: "node1 4 main.q@node1 UNDEFINED", a line for each host.
std::vector<RemoteHost> hosts_of_sge(const std::string& text);
/// $PBS_NODEFILE: a host's name in a line for each of its slots. OpenPBS has it there once for each
/// process that was asked for (mpiprocs), and says the CPUs of each chunk in NCPUS: they count
/// where no host is named twice. 0: not said.
std::vector<RemoteHost> hosts_of_pbs(const std::string& text, int cpus);
/// $LSB_MCPU_HOSTS: "node1 4 node2 2".
std::vector<RemoteHost> hosts_of_lsf(const std::string& text);

}  // namespace muster::launcher
