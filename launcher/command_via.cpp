// muster via: a program, or a command of muster's, with a cluster that another host runs, through
// ssh.

#include "launcher/command_via.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <optional>
#include <system_error>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include "launcher/cluster_choice.hpp"
#include "launcher/cluster_options.hpp"
#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/login_tunnel.hpp"
#include "launcher/process.hpp"
#include "launcher/program_search.hpp"
#include "launcher/signal_watch.hpp"

namespace muster::launcher {
namespace {

void complain(const std::string& text) {
  fmt::print(stderr, "muster via: {}\n", text);
}

/// Until the program has ended, or without one until a signal comes or the way ends.
int wait(const ViaOptions& options, LoginTunnel& tunnel, std::optional<Process>& program,
         const SignalDescriptor& signals) {
  std::array<pollfd, 3> fds{pollfd{signals.get(), POLLIN, 0},
                            pollfd{tunnel.process().pidfd(), POLLIN, 0},
                            pollfd{program ? program->pidfd() : -1, POLLIN, 0}};
  for (;;) {
    if (::poll(fds.data(), fds.size(), -1) < 0) continue;
    while (const auto signal = signals.take()) {
      if (!program) return exit_ok;
      if (!signal->by_terminal) program->signal_group(signal->number);
    }
    if (program) {
      if (const auto exit = program->reap())
        return exit->signal != 0 ? exit_signal + exit->signal : exit->code;
    }
    if ((fds[1].revents & POLLIN) != 0) {
      complain(fmt::format("the connection to {} has ended: {}", options.destination,
                           tunnel.last_words()));
      if (!program) return exit_failed;
      fds[1].fd = -1;  // the program hears of it, and ends as it likes
    }
  }
}

}  // namespace

int via(const ViaOptions& options) {
  if (!options.command.empty()) {
    const std::string& name = options.command.front();
    if (::access(find_program(name).c_str(), X_OK) != 0) {
      const int error = errno;
      complain(fmt::format("'{}': {}", name, std::generic_category().message(error)));
      return error == ENOENT ? exit_not_found : exit_cannot_execute;
    }
  }
  const SignalDescriptor signals({SIGINT, SIGQUIT, SIGTERM, SIGHUP});
  std::optional<LoginTunnel> tunnel;
  try {
    RemoteHost host;
    host.destination = host.label = options.destination;
    tunnel.emplace(options.ssh, host, options.name);
  } catch (const NoSuchCluster& error) {
    complain(error.what());
    return exit_no_cluster;
  } catch (const std::exception& error) {
    complain(error.what());
    return exit_own_failure;
  }
  std::optional<Process> program;
  if (options.command.empty()) {
    fmt::print(
        "the cluster of {} is here until Ctrl-C; in another shell:\n"
        "  export MUSTER_CONNECTION_FILE={}\n",
        options.destination, tunnel->file().string());
    std::fflush(stdout);
  } else {
    ProcessPlan plan;
    plan.path = find_program(options.command.front());
    plan.arguments = options.command;
    plan.environment = {{"MUSTER_CONNECTION_FILE", tunnel->file().string()}};
    plan.input = STDIN_FILENO;
    plan.leads_group = false;  // the terminal is its
    program.emplace(Process::start(plan));
  }
  return wait(options, *tunnel, program, signals);
}

bool take_via(const std::vector<std::string>& arguments, ViaOptions& options) {
  // The value of an option that both commands have: it belongs to the login's side.
  const auto taken = [&](std::size_t& at, const std::string& name) -> std::optional<std::string> {
    const std::string& word = arguments[at];
    if (word == name && at + 1 < arguments.size()) return arguments[++at];
    if (word.starts_with(name + "=")) return word.substr(name.size() + 1);
    return std::nullopt;
  };
  std::vector<std::string> rest;
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    if (arguments[at] == "--") {
      rest.insert(rest.end(), arguments.begin() + static_cast<std::ptrdiff_t>(at), arguments.end());
      break;
    }
    if (const auto destination = taken(at, "--via")) {
      options.destination = *destination;
    } else if (const auto profile = taken(at, "--profile")) {
      options.name.profile = *profile;
    } else if (const auto cluster = taken(at, "--cluster-id")) {
      options.name.cluster_id = *cluster;
    } else {
      rest.push_back(arguments[at]);
    }
  }
  options.command = std::move(rest);
  return !options.destination.empty();
}

void add_via(CLI::App& app, Run& run) {
  const auto options = std::make_shared<ViaOptions>();
  CLI::App* command =
      app.add_subcommand("via", "Run a program with a cluster that another host runs, through ssh");
  command->add_option("HOST", options->destination, "Where to log in: as ssh knows it")
      ->required()
      ->type_name("[USER@]HOST");
  command->add_option("PROGRAM", options->command, "The program and its arguments, after --");
  add_cluster_options(*command, options->name);
  command
      ->add_option("--ssh-arg", options->ssh.arguments,
                   "An argument for ssh, once for each: --ssh-arg=-F --ssh-arg=FILE")
      ->type_name("ARGUMENT")
      ->allow_extra_args(false)
      ->configurable(false);
  command->footer(
      "  muster via user@login -- ./my_program input.txt\n"
      "  muster status --via user@login\n\n"
      "The program runs here, its tasks there: clients find the cluster by "
      "MUSTER_CONNECTION_FILE.\n"
      "No port has to be open, and nothing installed there but the cluster. Without a program the\n"
      "way is open until Ctrl-C. --profile and --cluster-id name a cluster of the user there. The\n"
      "exit code is the program's; 125 says that there is no way, 3 that no such cluster runs.");
  command->callback([options, &run] { run = [options] { return via(*options); }; });
}

}  // namespace muster::launcher
