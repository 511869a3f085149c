#pragma once
// Starts a child process and owns it until it has been reaped.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "protocol/descriptor.hpp"

namespace muster::launcher {

/// What to start. Whatever isn't named here the child doesn't get: all other descriptors are
/// closed in it, its signal mask is empty and all its signals have their default action.
struct ProcessPlan {
  int executable = -1;                 ///< a descriptor of the program; -1: use `path`
  std::string path;                    ///< the program's file, also for error texts
  std::vector<std::string> arguments;  ///< with argv[0]
  std::vector<std::pair<std::string, std::string>> environment;  ///< added to ours, or replacing
  std::vector<std::string> unset;                                ///< removed from ours
  std::vector<std::pair<int, int>> descriptors;  ///< (ours, its number in the child: 3 or more)
  int directory = -1;  ///< a descriptor of the one in which it begins; -1: ours
  int input = -1;      ///< becomes stdin; -1: /dev/null
  int output = -1;     ///< takes stdout and stderr; -1: ours
  int errors = -1;     ///< takes stderr instead; -1: where stdout goes
  /// The kernel ends the child (SIGKILL) when the *thread* that started it ends, so only a thread
  /// that lives as long as its children may start them.
  bool dies_with_parent = true;
  /// False: it stays in our process group, and gets what a terminal sends that.
  bool leads_group = true;
  std::vector<int> cpus;  ///< that it may use; empty: ours
  /// SIGUSR1 and SIGUSR2 don't end it.
  bool ignores_announcements = false;
};

/// How a process ended.
struct ProcessExit {
  bool known = false;       ///< false: somebody else has reaped it
  std::int32_t code = -1;   ///< -1 unless it exited
  std::int32_t signal = 0;  ///< 0 unless a signal ended it

  /// "exit code 3", "signal 9 (Killed)", "unknown".
  std::string text() const;
};

/// A child that leads its own process group, unless told otherwise, watched through a pidfd.
/// If it is still alive when this object dies, its group is killed and the child reaped.
class Process {
 public:
  /// Returns when the child executes the program. Throws std::system_error, whose text names the
  /// program, when it can't be started (its code is the errno of the failed step).
  static Process start(const ProcessPlan& plan);

  Process(Process&&) noexcept = default;
  Process& operator=(Process&&) noexcept;
  ~Process();

  pid_t pid() const { return pid_; }
  /// Becomes readable when the child has ended.
  int pidfd() const { return pidfd_.get(); }
  /// Sends the signal to the child. After `reap` it does nothing.
  void signal(int number) const;
  /// Sends the signal to the child and to what it started in a group of its own. After `reap` it
  /// does nothing.
  void signal_group(int signal) const;
  /// The end of the child, or nullopt while it runs. What is left of its group is killed first.
  std::optional<ProcessExit> reap();
  /// As `reap`, but waits. nullopt when the time is over.
  std::optional<ProcessExit> wait_for(std::chrono::milliseconds bound);

 private:
  Process(pid_t pid, bool leads_group, wire::Descriptor pidfd)
      : pid_(pid), leads_group_(leads_group), pidfd_(std::move(pidfd)) {}
  void end();

  pid_t pid_;
  bool leads_group_;
  wire::Descriptor pidfd_;
  std::optional<ProcessExit> exit_;
};

}  // namespace muster::launcher
