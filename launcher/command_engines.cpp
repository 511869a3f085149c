// muster engines: more engines for a cluster that runs; with --mpi the one that this process is.

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include "launcher/background.hpp"
#include "launcher/cluster_lock.hpp"
#include "launcher/cluster_options.hpp"
#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/guest_node.hpp"
#include "launcher/image_cache_option.hpp"
#include "launcher/limits.hpp"
#include "launcher/memory_limit_option.hpp"
#include "launcher/mpi_rank.hpp"
#include "launcher/option.hpp"
#include "launcher/process_log.hpp"
#include "launcher/resources_option.hpp"
#include "launcher/tether.hpp"
#include "launcher/usable_cpus.hpp"
#include "protocol/connection_file.hpp"

namespace muster::launcher {
namespace {

// What the background process may need to end everything after its own bound has passed.
constexpr std::chrono::seconds ending_bound{15};

struct EnginesOptions {
  wire::ClusterName name;
  int engines = 0;
  std::string resources;
  int memory_limit_mib = 0;
  int image_cache_mib = image_cache_mib_usually;
  bool daemonize = false;
  bool mpi = false;
  int timeout_s = 60;
  LogOptions log;
};

std::string announcement(const EnginesOptions& options, pid_t pid) {
  return fmt::format("{} engine{} joined {}\n  end them        {}\n", options.engines,
                     options.engines == 1 ? "" : "s", describe(options.name),
                     options.daemonize ? "kill " + std::to_string(pid) : "Ctrl-C here");
}

/// In the foreground, or, when there is a starter, in the background.
int serve(const EnginesOptions& options, const wire::ConnectionFile& cluster,
          const std::optional<wire::Descriptor>& starter) {
  LogOptions log = options.log;
  if (starter) {
    const wire::ClusterDirectory directory(options.name);
    redirect_output(directory.logs() / fmt::format("engines-{}.log", ::getpid()));
  } else if (log.file.empty() && log.level.empty()) {
    log.level = "warning";  // on a terminal only what its reader has to act on
  }
  start_log("engines", log);
  GuestConfig config;
  config.cluster = cluster;
  config.engines = static_cast<std::uint32_t>(options.engines);
  config.resources = wire::Resources::listed(options.resources);
  config.memory_limit = static_cast<std::uint64_t>(options.memory_limit_mib) << 20;
  config.image_cache = static_cast<std::uint64_t>(options.image_cache_mib) << 20;
  config.ready_bound = std::chrono::seconds(options.timeout_s);
  config.on_ready = [&] {
    if (starter) {
      say_word(*starter, "ready");
    } else {
      fmt::print("{}", announcement(options, ::getpid()));
      std::fflush(stdout);
    }
  };
  GuestEnd end;
  try {
    end = run_guest(config);
  } catch (const std::exception& error) {
    end = {exit_failed, error.what()};
  }
  if (!end.reason.empty()) {
    if (starter) say_word(*starter, fmt::format("failed {} {}", end.exit_code, end.reason));
    fmt::print(stderr, "muster engines: {}\n", end.reason);
  }
  return end.exit_code;
}

int wait_for_background(const EnginesOptions& options, const Background& background) {
  const auto bound = std::chrono::seconds(options.timeout_s) + ending_bound;
  const auto word = wait_for_word(background.tether, bound);
  if (word == "ready") {
    fmt::print("{}", announcement(options, background.pid));
    return exit_ok;
  }
  const std::size_t reason = word ? word->find(' ', 7) : std::string::npos;
  if (word && word->starts_with("failed ") && reason != std::string::npos) {
    fmt::print(stderr, "muster engines: {}\n", word->substr(reason + 1));
    return std::atoi(word->c_str() + 7);
  }
  fmt::print(
      stderr, "muster engines: the background process {}; its log is {}\n",
      word ? "ended without a word" : "did not answer",
      (wire::ClusterDirectory(options.name).logs() / fmt::format("engines-{}.log", background.pid))
          .string());
  return word ? int{exit_failed} : int{exit_timeout};
}

int rank(const EnginesOptions& options) {
  RankOptions of_rank;
  of_rank.speaker = "muster engines";
  of_rank.arguments = "muster engines --mpi";
  of_rank.resources = wire::Resources::listed(options.resources);
  // What wasn't given may stand in the environment, as for the programs of such a job.
  if (options.name != wire::ClusterName()) of_rank.name = options.name;
  return serve_as_rank(of_rank);
}

int engines(const EnginesOptions& options) {
  if (options.mpi) return rank(options);
  const wire::ClusterDirectory directory(options.name);
  if (!ClusterLock::is_held(directory.lock_file())) {
    fmt::print(stderr, "muster engines: {} is not running; start it with: muster start{}\n",
               describe(options.name), arguments_for(options.name));
    return exit_no_cluster;
  }
  directory.check();
  const wire::ConnectionFile cluster = wire::read_connection_file(directory.connection_file());
  if (!options.daemonize) return serve(options, cluster, std::nullopt);
  Background background = go_to_background();
  if (background.is_starter) return wait_for_background(options, background);
  return serve(options, cluster, std::move(background.tether));
}

}  // namespace

void add_engines(CLI::App& app, Run& run) {
  const auto options = std::make_shared<EnginesOptions>();
  options->engines = usable_cpus();
  CLI::App* command =
      app.add_subcommand("engines", "Add engines on this host to a running cluster");
  command->alias("engine");  // of --mpi, which is one in each process
  add_cluster_options(*command, options->name);
  restrict_to_numbers(
      *command->add_option("-n,--engines", options->engines,
                           "How many engines; one for each CPU that may be used unless given"),
      1, engines_max);
  command
      ->add_flag("--mpi", options->mpi,
                 "This process becomes one, as a rank: mpiexec -n 64 muster engines --mpi")
      ->excludes("--engines")
      ->configurable(false);
  add_resources_option(*command, options->resources);
  add_memory_limit_option(*command, options->memory_limit_mib);
  add_image_cache_option(*command, options->image_cache_mib);
  command
      ->add_flag("--daemonize", options->daemonize,
                 "Return when they are ready; they run in the background")
      ->excludes("--mpi");
  restrict_to_numbers(
      *command->add_option("--timeout", options->timeout_s, "How long the engines get to be ready")
           ->capture_default_str(),
      1, 86'400, "SECONDS");
  add_log_options(*command, options->log);
  command->footer(
      "They end with the cluster. Ctrl-C, or with --daemonize the kill that it names, ends only\n"
      "them: the tasks that they hold run on other engines, and nobody is blamed.");
  command->callback([options, &run] { run = [options] { return engines(*options); }; });
}

}  // namespace muster::launcher
