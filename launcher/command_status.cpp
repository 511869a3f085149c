// muster status: what a running cluster is doing.

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "launcher/cluster_lock.hpp"
#include "launcher/cluster_options.hpp"
#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/status_request.hpp"
#include "launcher/status_text.hpp"
#include "protocol/connection_file.hpp"

namespace muster::launcher {
namespace {

// A controller under full load answers within milliseconds; one that needs longer is stuck.
constexpr std::chrono::seconds answer_bound{5};

struct StatusOptions {
  wire::ClusterName name;
  bool json = false;
};

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
    json = request_status(cluster, answer_bound);
  } catch (const std::exception& error) {
    fmt::print(stderr, "muster status: the controller (process {}) did not answer: {}\n",
               cluster.controller_pid, error.what());
    return exit_timeout;
  }
  if (options.json) {
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
  command->add_flag("--json", options->json, "As JSON");
  command->callback([options, &run] { run = [options] { return status(*options); }; });
}

}  // namespace muster::launcher
