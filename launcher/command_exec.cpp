// muster exec: one program with a cluster of its own. Here is the outer process, whose number the
// user has: it passes signals on and waits.

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <system_error>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/cluster_options.hpp"
#include "launcher/commands.hpp"
#include "launcher/descendants.hpp"
#include "launcher/exec_program.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/job_allocation.hpp"
#include "launcher/program_search.hpp"
#include "launcher/signal_watch.hpp"
#include "launcher/tether.hpp"
#include "protocol/identity.hpp"
#include "protocol/pidfd.hpp"

namespace muster::launcher {
namespace {

/// Until the inner process has ended.
int pass_signals_on(pid_t inner, const wire::Descriptor& pidfd, const SignalDescriptor& signals) {
  std::array<pollfd, 2> fds{pollfd{pidfd.get(), POLLIN, 0}, pollfd{signals.get(), POLLIN, 0}};
  while ((fds[0].revents & POLLIN) == 0) {
    ::poll(fds.data(), fds.size(), -1);
    while (const auto signal = signals.take()) {
      if (!signal->by_terminal) ::kill(inner, signal->number);
    }
  }
  int status = 0;
  if (::waitpid(inner, &status, 0) == inner && WIFEXITED(status)) return WEXITSTATUS(status);
  // Controller and node see the end of their tethers; the program came to us.
  end_descendants(descendants_bound);
  fmt::print(stderr, "muster exec: its launcher was killed; the program was ended with it\n");
  return exit_own_failure;
}

int exec(const ExecOptions& options) {
  const std::string& name = options.command.front();
  if (::access(find_program(name).c_str(), X_OK) != 0) {
    const int error = errno;
    fmt::print(stderr, "muster exec: '{}': {}\n", name, std::generic_category().message(error));
    return error == ENOENT ? exit_not_found : exit_cannot_execute;
  }
  const SignalDescriptor signals({SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2});
  become_subreaper();
  auto [ours, theirs] = Tether::pair();
  const pid_t inner = ::fork();
  if (inner < 0) throw std::system_error(errno, std::generic_category(), "cannot fork");
  if (inner == 0) {
    ours.reset();
    // A descriptor of signals shows those of the process that reads it.
    return exec_program(options, signals, std::move(theirs));
  }
  theirs.reset();
  return pass_signals_on(inner, wire::open_pidfd(inner), signals);
}

}  // namespace

void add_exec(CLI::App& app, Run& run) {
  const auto options = std::make_shared<ExecOptions>();
  CLI::App* command = app.add_subcommand(
      "exec", "Run a program with a cluster of its own; its exit code is the program's");
  add_profile_option(*command, options->start.name);
  add_cluster_start_options(*command, options->start);
  command->add_option("PROGRAM", options->command, "The program and its arguments, after --")
      ->required();
  command->footer(
      "  muster exec -n 8 -- ./my_program input.txt\n\n"
      "The program finds the cluster by MUSTER_CONNECTION_FILE, and begins when the first engine "
      "is\n"
      "ready. Signals reach it. When it ends, so does the cluster, and nothing of it stays. The "
      "exit\n"
      "code is the program's; 126 and 127 say, as in env(1), that it can't be run or isn't there, "
      "125\n"
      "that Muster failed.\n\n"
      "In a job of Slurm, Grid Engine, PBS, Torque or LSF the cluster has the job's hosts, unless\n"
      "--engines, --hosts or --launcher is given.");
  command->callback([command, options, &run] {
    const auto given = [&](const char* name) { return command->get_option(name)->count() > 0; };
    const JobAllocation* const job = allocation_here();
    if (job != nullptr && !given("--engines") && !given("--hosts") && !given("--launcher"))
      options->start.launcher.program = job->system;
    check_hosts(*command, options->start);
    options->start.name.cluster_id = "exec-" + wire::Uuid::random().hex().substr(0, 8);
    run = [options] { return exec(*options); };
  });
}

}  // namespace muster::launcher
