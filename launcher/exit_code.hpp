#pragma once
// What the commands of `muster` return to the shell (README, "Exit codes").

namespace muster::launcher {

enum ExitCode : int {
  exit_ok = 0,
  exit_failed = 1,            ///< a task failed, or the cluster died
  exit_usage = 2,             ///< the command line makes no sense
  exit_no_cluster = 3,        ///< no such cluster is running
  exit_already_running = 10,  ///< `start`: it is there already
  exit_nothing_to_stop = 11,  ///< `stop`: it isn't
  exit_timeout = 124,         ///< as in timeout(1)
  exit_own_failure = 125,     ///< `run`, `exec`: Muster failed, not the command, as in timeout(1)
  exit_cannot_execute = 126,  ///< `run`, `exec`: the command can't be started, as in env(1)
  exit_not_found = 127,       ///< `run`, `exec`: the command isn't there
  exit_signal = 128,          ///< plus the signal's number
};

}  // namespace muster::launcher
