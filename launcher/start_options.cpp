#include "launcher/start_options.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stdexcept>

#include <CLI/CLI.hpp>

#include "launcher/bind_address.hpp"
#include "launcher/host_list.hpp"
#include "launcher/hosts_file.hpp"
#include "launcher/job_allocation.hpp"
#include "launcher/limits.hpp"
#include "launcher/memory_limit_option.hpp"
#include "launcher/option.hpp"
#include "launcher/reachable_address.hpp"
#include "launcher/resources_option.hpp"
#include "launcher/usable_cpus.hpp"
#include "protocol/host_name.hpp"

namespace muster::launcher {
namespace {

// Per host; more slots than this on one machine are a typing error.
constexpr int hwm_max = 65'536;
// Less would be used up by what is on its way to clients that read.
constexpr int memory_mib_min = 64;
constexpr int memory_mib_max = 1 << 30;
constexpr int history_max = 100'000'000;

/// "slurm|sge".
std::string joined_names() {
  std::string text;
  for (const std::string& name : batch_system_names())
    text += (text.empty() ? "" : "|") + name;
  return text;
}

/// "node1" of "node1.cluster".
std::string short_name(const std::string& host) {
  return host.substr(0, host.find('.'));
}

/// What a job has on this host is started here. Returns how many engines that are.
int take_this_host(std::vector<RemoteHost>& hosts) {
  int engines = 0;
  const std::string here = short_name(wire::host_name());
  std::erase_if(hosts, [&](const RemoteHost& host) {
    if (short_name(host.destination) != here) return false;
    engines += host.engines;
    return true;
  });
  return engines;
}

}  // namespace

void add_network_options(CLI::App& command, StartOptions& options) {
  CLI::Option* bind = command.add_option(
      "--bind", options.bind,
      "Listen for other hosts: an address, interface or name of this host, with :PORT or not");
  bind->type_name("ADDRESS");
  command.add_option("--port-range", options.port_range, "Listen on three free ports of A-B")
      ->type_name("A-B")
      ->needs(bind);
}

void add_scheduling_options(CLI::App& command, StartOptions& options) {
  restrict_to_numbers(
      *command
           .add_option("--hwm", options.hwm,
                       "How many tasks an engine may hold; 0: chosen by their run time")
           ->capture_default_str(),
      0, hwm_max);
  restrict_to_words(
      *command.add_option("--scheme", options.scheme, "How an engine is chosen for a task")
           ->capture_default_str(),
      {"leastload", "roundrobin"});
  restrict_to_numbers(
      *command
           .add_option("--memory", options.memory_mib,
                       "How much the controller keeps of results that clients haven't taken")
           ->capture_default_str(),
      memory_mib_min, memory_mib_max, "MIB");
  restrict_to_numbers(
      *command
           .add_option("--history", options.history,
                       "Tasks that have ended of which muster history tells, the latest; 64 bytes "
                       "each")
           ->capture_default_str(),
      0, history_max);
  command
      .add_option("--db", options.database,
                  "Keep the history of tasks in this file, too, so that it outlives the cluster")
      ->type_name("FILE");
  restrict_to_numbers(
      *command
           .add_option("--db-size", options.database_mib,
                       "How large that may get; the oldest tasks are forgotten first")
           ->capture_default_str(),
      1, memory_mib_max, "MIB");
  add_image_cache_option(command, options.image_cache_mib);
}

std::vector<RemoteHost> named_hosts(const std::string& hosts, const HostCommand& launcher) {
  if (hosts.empty()) return launcher.job ? launcher.job->hosts() : std::vector<RemoteHost>{};
  return hosts.ends_with(".toml") ? read_hosts_file(hosts) : parse_hosts(hosts);
}

void add_reach_options(CLI::App& command, std::string& hosts, HostCommand& launcher,
                       const std::string& help) {
  CLI::Option* named = command.add_option("--hosts", hosts, help);
  named->type_name("HOSTS");
  command
      .add_option(
          "--launcher", launcher.program,
          "How other hosts are reached: ssh, a batch system (by jobs; in a job, its hosts), "
          "or a program that runs a command there")
      ->type_name("ssh|" + joined_names() + "|PROGRAM")
      ->capture_default_str();
  command
      .add_option("--ssh-arg", launcher.arguments,
                  "An argument for ssh, once for each: --ssh-arg=-F --ssh-arg=FILE")
      ->type_name("ARGUMENT")
      ->allow_extra_args(false)
      ->configurable(false);
  command.get_option("--ssh-arg")->needs(named);
}

void add_host_options(CLI::App& command, StartOptions& options) {
  add_reach_options(command, options.hosts, options.launcher,
                    "Engines on other hosts, too: HOST:ENGINES or HOST:PORT:ENGINES, parted by "
                    "commas, or a FILE.toml");
  command.add_flag("--tunnel", options.tunnel,
                   "Let the hosts reach the controller through ssh, when they can't otherwise");
  command.add_flag("--require-all", options.require_all,
                   "Fail when one of the hosts can't be used, instead of going on without it");
  command.get_option("--tunnel")->needs(command.get_option("--hosts"));
}

void add_cluster_start_options(CLI::App& command, StartOptions& options) {
  options.engines = -1;
  restrict_to_numbers(
      *command.add_option("-n,--engines,--n", options.engines,
                          "How many engines on this host; unless given one for each CPU that may "
                          "be used, or none with --hosts"),
      0, engines_max);
  add_resources_option(command, options.resources);
  add_memory_limit_option(command, options.memory_limit_mib);
  add_scheduling_options(command, options);
  restrict_to_numbers(
      *command.add_option("--timeout", options.timeout_s, "How long the engines get to be ready")
           ->capture_default_str(),
      1, 86'400, "SECONDS");
  add_log_options(command, options.log);
  add_network_options(command, options);
  add_host_options(command, options);
  add_batch_options(command, options.batch);
}

void check_hosts(const CLI::App& command, const StartOptions& options) {
  if (batch_system_of(options) == nullptr) {
    refuse_batch_options(command, "--launcher " + joined_names());
  }
  if (find_batch_system(options.launcher.program) != nullptr || !options.hosts.empty()) return;
  for (const char* name : {"--launcher", "--require-all"}) {
    if (command.get_option(name)->count() > 0) throw CLI::RequiresError(name, "--hosts");
  }
}

HostCommand in_its_job(HostCommand launcher) {
  launcher.job = allocation_of(launcher.program);
  return launcher;
}

LaunchConfig launch_config(const StartOptions& options) {
  LaunchConfig config;
  config.name = options.name;
  const HostCommand launcher = in_its_job(options.launcher);
  int here_in_job = 0;
  if (const BatchSystem* system = batch_system_of(options)) {
    config.batch = batch_plan(*system, options);
    config.remote.require_all = options.require_all;
  } else if (!options.hosts.empty() || launcher.job != nullptr) {
    if (launcher.job == nullptr && find_batch_system(launcher.program) != nullptr) {
      throw std::invalid_argument("--hosts with --launcher " + launcher.program +
                                  " names some of the hosts of a job, and this is none of its "
                                  "jobs: leave --hosts out to submit one");
    }
    config.remote = {launcher,
                     named_hosts(options.hosts, launcher),
                     options.tunnel,
                     options.require_all,
                     wire::Resources::listed(options.resources).list(),
                     options.memory_limit_mib};
    if (options.tunnel && !launcher.is_ssh()) {
      throw std::invalid_argument("--tunnel: only ssh has tunnels, and the launcher is " +
                                  launcher.program);
    }
    if (launcher.job != nullptr && !launcher.job->has_steps)
      here_in_job = take_this_host(config.remote.hosts);
  }
  const int unless_given =
      config.remote.hosts.empty() && here_in_job == 0 ? usable_cpus() : here_in_job;
  const int here = options.engines < 0 ? unless_given : options.engines;
  config.engines = static_cast<std::uint32_t>(config.batch ? 0 : here);
  config.hwm = static_cast<std::uint32_t>(options.hwm);
  config.scheme = options.scheme;
  config.memory = static_cast<std::uint64_t>(options.memory_mib) << 20;
  config.history = static_cast<std::size_t>(options.history);
  if (!options.database.empty())
    config.database = std::filesystem::absolute(options.database).string();
  config.database_bytes = static_cast<std::uint64_t>(options.database_mib) << 20;
  config.resources = wire::Resources::listed(options.resources);
  config.memory_limit = static_cast<std::uint64_t>(options.memory_limit_mib) << 20;
  config.image_cache = static_cast<std::uint64_t>(options.image_cache_mib) << 20;
  config.log = options.log;
  if (!options.bind.empty()) {
    config.bind = parse_bind_address(options.bind, options.port_range);
  } else if (!config.remote.hosts.empty()) {
    const std::string address =
        options.tunnel ? "127.0.0.1" : address_towards(config.remote.hosts, options.launcher);
    config.bind = parse_bind_address(address, options.port_range);
  } else if (config.batch) {
    config.bind = parse_bind_address(
        address_towards_jobs(*config.batch.system, options.batch.queue), options.port_range);
  }
  config.resume = options.resume;
  config.ready_bound = std::chrono::seconds(options.timeout_s);
  return config;
}

}  // namespace muster::launcher
