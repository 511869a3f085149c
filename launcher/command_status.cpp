// muster status: what a running cluster is doing.

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <poll.h>

#include "launcher/cluster_lock.hpp"
#include "launcher/cluster_options.hpp"
#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/output_format.hpp"
#include "launcher/pidfd.hpp"
#include "launcher/status_request.hpp"
#include "launcher/status_text.hpp"
#include "protocol/connection_file.hpp"

namespace muster::launcher {
namespace {

// A controller under full load answers within milliseconds; one that needs longer is stuck.
constexpr std::chrono::seconds answer_bound{5};

constexpr const char* columns =
    "Engines:\n"
    "  state      ready, starting, suspect (silent for 5 s), dead, gone (with node)\n"
    "  pid        the process that fills it now; image and program say what it runs\n"
    "  held       tasks that it has; credit is how many it may have\n"
    "  running    the task that it executes, and for how long\n"
    "  completed  tasks that it has finished\n"
    "  crashes    how often its process died while it executed a task\n\n"
    "Clients:\n"
    "  open       tasks that have no outcome yet\n"
    "  untaken    results that wait in the controller until the client takes them\n\n"
    "Queue: what waits in the controller, and why, and what the engines hold. Results: how much "
    "the\n"
    "controller keeps for all clients. Totals: completed includes failed, which are tasks that "
    "ended\n"
    "without a value; dropped are outcomes that came when their task had one already, or had been\n"
    "cancelled.";

struct StatusOptions {
  wire::ClusterName name;
  std::string format = "table";
};

/// Also when nobody has collected it yet.
bool has_ended(std::int64_t pid) {
  const wire::Descriptor process = open_pidfd(static_cast<pid_t>(pid));
  pollfd end{process.get(), POLLIN, 0};
  return !process || ::poll(&end, 1, 0) == 1;
}

int status(const StatusOptions& options) {
  const wire::ClusterDirectory directory(options.name);
  const bool held = ClusterLock::is_held(directory.lock_file());
  wire::ConnectionFile cluster;
  try {
    if (!held) throw wire::ConnectionFileError(wire::ConnectionFileError::Kind::missing, "");
    directory.check();
    cluster = wire::read_connection_file(directory.connection_file());
  } catch (const wire::ConnectionFileError& error) {
    if (error.kind() != wire::ConnectionFileError::Kind::missing) throw;
    fmt::print(stderr, "muster status: {} {}; {}\n", describe(options.name),
               held ? "is just starting or ending" : "is not running",
               held ? "try again in a second"
                    : "start it with: muster start" + arguments_for(options.name));
    return exit_no_cluster;
  }
  std::string json;
  try {
    if (!has_ended(cluster.controller_pid)) json = request_status(cluster, answer_bound);
  } catch (const std::exception& error) {
    if (!has_ended(cluster.controller_pid)) {
      fmt::print(stderr, "muster status: {}\n", error.what());
      return exit_timeout;
    }
  }
  if (json.empty()) {
    fmt::print(
        stderr,
        "muster status: the controller of {} (process {}) has ended, and its launcher starts "
        "it again; what runs goes on; try again in a second\n",
        describe(options.name), cluster.controller_pid);
    return exit_timeout;
  }
  if (options.format == "json") {
    fmt::print("{}\n", json);
  } else {
    fmt::print("{}", status_text(describe(options.name) + " on " + cluster.host, json));
  }
  return exit_ok;
}

}  // namespace

void add_status(CLI::App& app, Run& run) {
  const auto options = std::make_shared<StatusOptions>();
  CLI::App* command = app.add_subcommand("status", "Show engines, clients and queues of a cluster");
  add_cluster_options(*command, options->name);
  add_format_options(*command, options->format, {"table", "json"});
  command->footer(columns);
  command->callback([options, &run] { run = [options] { return status(*options); }; });
}

}  // namespace muster::launcher
