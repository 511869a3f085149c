// muster stop: ends clusters, and returns when every process of them has ended.

#include <memory>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "launcher/cluster_lock.hpp"
#include "launcher/cluster_options.hpp"
#include "launcher/cluster_stop.hpp"
#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/option.hpp"

namespace muster::launcher {
namespace {

struct StopOptions {
  wire::ClusterName name;
  bool all = false;
  int timeout_s = 10;
};

int stop_one(const StopOptions& options, const wire::ClusterName& name) {
  switch (stop_cluster(wire::ClusterDirectory(name), std::chrono::seconds(options.timeout_s))) {
    case StopResult::stopped:
      fmt::print("{} is stopped\n", describe(name));
      return exit_ok;
    case StopResult::not_running:
      return exit_nothing_to_stop;
    case StopResult::survived:
      break;
  }
  fmt::print(stderr,
             "muster stop: {}: a process is still there after SIGKILL; look for processes in "
             "state D with: ps -eo pid,stat,args\n",
             describe(name));
  return exit_timeout;
}

int stop(const StopOptions& options) {
  std::vector<wire::ClusterName> names{options.name};
  if (options.all) names = wire::known_clusters();
  bool stopped = false;
  int code = exit_ok;
  for (const wire::ClusterName& name : names) {
    const int result = stop_one(options, name);
    if (result == exit_ok) stopped = true;
    if (result == exit_timeout) code = exit_timeout;
  }
  if (code != exit_ok || stopped) return code;
  fmt::print(stderr, "muster stop: {}; see what is running with: muster list\n",
             options.all ? "no cluster is running" : describe(options.name) + " is not running");
  return exit_nothing_to_stop;
}

}  // namespace

void add_stop(CLI::App& app, Run& run) {
  const auto options = std::make_shared<StopOptions>();
  CLI::App* command =
      app.add_subcommand("stop", "Stop a cluster and wait for its processes to end");
  add_cluster_options(*command, options->name);
  command->add_flag("--all", options->all, "Stop all clusters of this user on this host")
      ->configurable(false);
  CLI::Option* timeout = command
                             ->add_option("--timeout", options->timeout_s,
                                          "How long it gets to end by itself before it is killed")
                             ->capture_default_str();
  restrict_to_numbers(*timeout, 0, 86'400, "SECONDS");
  command->callback([options, &run] { run = [options] { return stop(*options); }; });
}

}  // namespace muster::launcher
