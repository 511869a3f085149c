#include "launcher/exec_program.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <system_error>

#include <asio/io_context.hpp>
#include <fmt/core.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "launcher/child_watch.hpp"
#include "launcher/descendants.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/leftovers.hpp"
#include "launcher/local_launch.hpp"
#include "launcher/process_log.hpp"
#include "launcher/program_search.hpp"
#include "launcher/tether.hpp"

namespace muster::launcher {
namespace {

void say_problem(const std::string& text) {
  fmt::print(stderr, "muster exec: {}\n", text);
}

class Exec {
 public:
  Exec(const ExecOptions& options, const SignalDescriptor& signals, wire::Descriptor outer)
      : options_(options),
        signals_(io_, signals, [this](const CaughtSignal& signal) { caught(signal); }),
        outer_(io_, std::move(outer), nullptr, [this] { outer_ended(); }) {}

  int run() {
    try {
      LaunchConfig config = launch_config(options_.start);
      // The others come while it begins.
      config.engines_needed =
          config.remote.hosts.empty() && !config.batch ? std::min(config.engines, 1U) : 1;
      config.on_host_lost = [](const std::string& text) { say_problem(text); };
      launch_.emplace(
          io_, config, [this](const wire::ConnectionFile&) { start_program(); },
          [this](const LaunchEnd& end) { cluster_ended(end); });
      io_.run();
    } catch (const std::exception& error) {
      say_problem(error.what());
    }
    launch_.reset();
    if (started_) remove_cluster(options_.start.name);  // else its logs tell why
    end_descendants(descendants_bound);
    return code_;
  }

 private:
  void start_program() {
    const std::string& name = options_.command.front();
    ProcessPlan plan;
    plan.path = find_program(name);
    plan.arguments = options_.command;
    plan.environment = {
        {"MUSTER_CONNECTION_FILE", wire::ClusterDirectory(options_.start.name).connection_file()}};
    plan.input = STDIN_FILENO;
    plan.leads_group = false;  // the terminal is its
    try {
      started_ = true;
      program_.emplace(io_, Process::start(plan),
                       [this](const ProcessExit& exit) { program_ended(exit); });
    } catch (const std::system_error& error) {
      code_ = error.code().value() == ENOENT ? int{exit_not_found} : int{exit_cannot_execute};
      say_problem(error.what());
      stop();
    }
  }

  void program_ended(const ProcessExit& exit) {
    code_ = exit.signal != 0 ? exit_signal + exit.signal : exit.code;
    program_.reset();
    stop();
  }

  void cluster_ended(const LaunchEnd& end) {
    if (!end.reason.empty()) {
      say_problem(end.reason);
      if (!started_) code_ = end.exit_code > exit_signal ? end.exit_code : int{exit_own_failure};
    }
    over_ = true;
    // One that lost its cluster is told so by its client, and ends as it likes.
    if (!program_) io_.stop();
  }

  void caught(const CaughtSignal& signal) {
    if (program_) {
      if (!signal.by_terminal) program_->process().signal_group(signal.number);
      return;
    }
    if (signal.number == SIGUSR1 || signal.number == SIGUSR2) return;
    launch_->stop({exit_signal + signal.number,
                   fmt::format("stopped by signal {} before the program began", signal.number)});
  }

  void outer_ended() {
    program_.reset();  // kills it; what it has started comes to us
    code_ = exit_own_failure;
    stop();
  }

  void stop() {
    if (over_) {
      io_.stop();
    } else {
      launch_->stop({});
    }
  }

  const ExecOptions& options_;
  asio::io_context io_;
  SignalWatch signals_;
  Tether outer_;
  std::optional<LocalLaunch> launch_;
  std::optional<ChildWatch> program_;
  bool started_ = false;  ///< the program, or it was tried
  bool over_ = false;     ///< the cluster has ended
  int code_ = exit_own_failure;
};

}  // namespace

int exec_program(const ExecOptions& options, const SignalDescriptor& signals,
                 wire::Descriptor outer) {
  std::signal(SIGPIPE, SIG_IGN);
  become_subreaper();
  LogOptions log = options.start.log;
  // On a terminal only what its reader has to act on.
  if (log.file.empty() && log.level.empty()) log.level = "warning";
  start_log("launcher", log);
  return Exec(options, signals, std::move(outer)).run();
}

}  // namespace muster::launcher
