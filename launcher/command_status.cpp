// muster status: what a running cluster is doing.

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <poll.h>

#include "launcher/cluster_choice.hpp"
#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/job_file.hpp"
#include "launcher/output_format.hpp"
#include "launcher/status_request.hpp"
#include "launcher/status_text.hpp"
#include "protocol/connection_file.hpp"
#include "protocol/pidfd.hpp"
#include "protocol/way.hpp"

namespace muster::launcher {
namespace {

// A controller under full load answers within milliseconds; one that needs longer is stuck.

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
    "Jobs: of a batch system, in which engines are; reason is the system's own word.\n\n"
    "Queue: what waits in the controller, and why, and what the engines hold. Results: how much "
    "the\n"
    "controller keeps for all clients. Totals: completed includes failed, which are tasks that "
    "ended\n"
    "without a value; dropped are outcomes that came when their task had one already, or had been\n"
    "cancelled.";

struct StatusOptions {
  ClusterChoice cluster;
  std::string format = "table";
};

/// Also when nobody has collected it yet.
bool has_ended(std::int64_t pid) {
  const wire::Descriptor process = wire::open_pidfd(static_cast<pid_t>(pid));
  pollfd end{process.get(), POLLIN, 0};
  return !process || ::poll(&end, 1, 0) == 1;
}

/// What the cluster's launcher knows, and the controller doesn't.
std::string with_jobs(const std::string& status, const wire::ConnectionFile& cluster) {
  const std::string jobs =
      jobs_text(wire::ClusterDirectory({cluster.profile, cluster.cluster_id}), cluster.uuid);
  if (jobs.empty()) return status;
  auto json = nlohmann::json::parse(status);
  json["jobs"] = nlohmann::json::parse(jobs);
  return json.dump();
}

std::string json_of(const wire::ConnectionFile& cluster) {
  // The numbers of another host's processes mean nothing here.
  const bool here = wire::way_to(cluster).local;
  if (here && has_ended(cluster.controller_pid)) return "";
  try {
    return with_jobs(request_status(cluster, answer_bound), cluster);
  } catch (const std::exception&) {
    if (here && has_ended(cluster.controller_pid)) return "";
    throw;
  }
}

int status(const StatusOptions& options) {
  const wire::ConnectionFile cluster = find_cluster(options.cluster);
  std::string json;
  try {
    json = json_of(cluster);
  } catch (const std::exception& error) {
    fmt::print(stderr, "muster status: {}\n", error.what());
    return exit_timeout;
  }
  if (json.empty()) {
    fmt::print(
        stderr,
        "muster status: the controller of {} (process {}) has ended, and its launcher starts "
        "it again; what runs goes on; try again in a second\n",
        describe(cluster), cluster.controller_pid);
    return exit_timeout;
  }
  if (options.format == "json") {
    fmt::print("{}\n", json);
  } else {
    fmt::print("{}", status_text(describe(cluster) + " on " + cluster.host, json));
  }
  return exit_ok;
}

int status_or_reason(const StatusOptions& options) {
  try {
    return status(options);
  } catch (const NoSuchCluster& error) {
    fmt::print(stderr, "muster status: {}\n", error.what());
    return exit_no_cluster;
  }
}

}  // namespace

void add_status(CLI::App& app, Run& run) {
  const auto options = std::make_shared<StatusOptions>();
  CLI::App* command = app.add_subcommand("status", "Show engines, clients and queues of a cluster");
  add_cluster_choice(*command, options->cluster);
  add_format_options(*command, options->format, {"table", "json"});
  command->footer(columns);
  command->callback([command, options, &run] {
    take_file_from_environment(*command, options->cluster);
    run = [options] { return status_or_reason(*options); };
  });
}

}  // namespace muster::launcher
