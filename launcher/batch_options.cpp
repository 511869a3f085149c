#include "launcher/batch_options.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <set>
#include <sstream>
#include <stdexcept>

#include <CLI/CLI.hpp>

#include "launcher/command_output.hpp"
#include "launcher/job_allocation.hpp"
#include "launcher/node_join.hpp"
#include "launcher/option.hpp"
#include "launcher/reachable_address.hpp"
#include "launcher/start_options.hpp"
#include "launcher/walltime.hpp"

namespace muster::launcher {
namespace {

namespace fs = std::filesystem;

constexpr int blocks_max = 1000;  // Slurm's own limit for an array, unless its site says otherwise
/// After it a node still ends its processes, and says so, before its job's time is over.
constexpr std::chrono::seconds leaving_time{5};
constexpr std::chrono::seconds hosts_bound{30};
// All hosts of a queue are reached the same way, and each name may be a question to a server.
constexpr std::size_t hosts_looked_at = 16;

constexpr std::array names{"--blocks", "--queue",      "--account",    "--qos",         "--time",
                           "--gres",   "--drain-time", "--submit-arg", "--job-template"};

/// Of a short job it is a quarter.
std::chrono::seconds drain_time_of(const BatchSystem& system, const BatchOptions& batch) {
  auto limit = walltime(batch.time, system.time_unit);
  // A limit of nothing is how Slurm writes that there is none.
  if (system.time_unit.count() == 0 || limit == std::chrono::seconds(0)) limit.reset();
  if (batch.drain_time_s == drain_time_by_system)
    return limit ? std::min(system.drain_time, *limit / 4) : system.drain_time;
  const std::chrono::seconds wanted(batch.drain_time_s);
  if (limit && wanted + leaving_time >= *limit) {
    throw std::invalid_argument("--drain-time " + std::to_string(batch.drain_time_s) +
                                ": with --time " + batch.time + " a job would drain at once");
  }
  return wanted;
}

fs::path own_program() {
  return fs::read_symlink("/proc/self/exe");
}

}  // namespace

void add_batch_options(CLI::App& command, BatchOptions& options) {
  restrict_to_numbers(
      *command
           .add_option("--blocks", options.blocks,
                       "Part the engines into so many jobs, which may start one by one")
           ->capture_default_str(),
      1, blocks_max);
  command
      .add_option("--queue,--partition", options.queue, "The batch system's queue, or partition")
      ->type_name("NAME");
  command.add_option("--account", options.account, "Whom the jobs are charged to")
      ->type_name("NAME");
  command.add_option("--qos", options.qos, "Slurm's quality of service")->type_name("NAME");
  command
      .add_option("--time", options.time, "How long a job may run, as the batch system writes it")
      ->type_name("TIME");
  command.add_option("--gres", options.gres, "What else each job needs, as Slurm's --gres: gpu:2")
      ->type_name("LIST");
  restrict_to_numbers(*command
                           .add_option("--drain-time", options.drain_time_s,
                                       "What tasks get to end, in seconds, before their job "
                                       "does; then they run elsewhere")
                           ->type_name("SECONDS"),
                      0, drain_time_max_s);
  command
      .add_option("--submit-arg,--sbatch-arg", options.arguments,
                  "One more line for the head of the job's script, once for each: "
                  "--submit-arg=--mem=4G")
      ->type_name("ARGUMENT")
      ->allow_extra_args(false)
      ->configurable(false);
  command
      .add_option("--job-template", options.job_template,
                  "A script with {placeholders} instead of what muster job-script prints")
      ->type_name("FILE");
}

void refuse_batch_options(const CLI::App& command, const std::string& why) {
  for (const char* name : names) {
    if (command.get_option(name)->count() > 0) throw CLI::RequiresError(name, why);
  }
}

const BatchSystem* batch_system_of(const StartOptions& options) {
  if (!options.hosts.empty()) return nullptr;
  const BatchSystem* system = find_batch_system(options.launcher.program);
  return system != nullptr && allocation_of(system->name) != nullptr ? nullptr : system;
}

BatchPlan batch_plan(const BatchSystem& system, const StartOptions& options) {
  const BatchOptions& batch = options.batch;
  if (options.engines < 1) {
    throw std::invalid_argument("a job of " + std::string(system.title) +
                                " needs a number of engines: -n N");
  }
  if (options.engines % batch.blocks != 0) {
    throw std::invalid_argument("--blocks " + std::to_string(batch.blocks) + ": " +
                                std::to_string(options.engines) +
                                " engines can't be parted into so many equal blocks");
  }
  const wire::ClusterDirectory directory(options.name);
  const std::chrono::seconds drain_time = drain_time_of(system, batch);
  // A job whose limit nobody has named may have one that is shorter than that.
  const bool announced = !batch.time.empty() || batch.drain_time_s != drain_time_by_system;
  BatchPlan plan;
  plan.system = &system;
  plan.request = {
      .engines = options.engines,
      .blocks = batch.blocks,
      .queue = batch.queue,
      .account = batch.account,
      .qos = batch.qos,
      .time = batch.time,
      .gres = batch.gres,
      .notice = announced ? std::to_string((drain_time + leaving_time).count()) : "",
      .arguments = batch.arguments,
      .name = "muster-" + options.name.cluster_id,
      .logs = directory.logs(),
      .program = own_program(),
      .node = {"node", "--connect", directory.node_file(), "--batch", std::string(system.name),
               "--image-cache", std::to_string(options.image_cache_mib), "--drain-time",
               std::to_string(drain_time.count())}};
  std::vector<std::string>& node = plan.request.node;
  if (!system.spreads) {
    node.insert(node.end(), {"--engines", std::to_string(options.engines / batch.blocks)});
  }
  if (!options.resources.empty()) {
    node.insert(node.end(), {"--resources", wire::Resources::listed(options.resources).list()});
  }
  if (options.memory_limit_mib > 0)
    node.insert(node.end(), {"--memory-limit", std::to_string(options.memory_limit_mib)});
  if (!options.log.level.empty()) node.insert(node.end(), {"--log-level", options.log.level});
  plan.job_template = batch.job_template;
  plan.patience = std::chrono::seconds(options.timeout_s);
  return plan;
}

std::string address_towards_jobs(const BatchSystem& system, const std::string& queue) {
  const std::vector<std::string> words = system.hosts(queue);
  const CommandOutput said = output_of(words, hosts_bound);
  std::set<std::string> seen;
  std::vector<RemoteHost> hosts;
  std::istringstream lines(said.ok() ? said.out : "");
  for (std::string name; hosts.size() < hosts_looked_at && lines >> name;) {
    if (!seen.insert(name).second) continue;
    hosts.emplace_back();
    hosts.back().destination = hosts.back().label = name;
  }
  if (hosts.empty()) {
    throw std::runtime_error(words.front() + " names no hosts" +
                             (queue.empty() ? "" : " for the queue '" + queue + "'") +
                             (said.err.empty() ? "" : ": ") +
                             said.err.substr(0, said.err.find('\n')) +
                             "; say with --bind ADDRESS where the jobs reach this one");
  }
  HostCommand by_name;
  by_name.program = system.name;
  return address_towards(hosts, by_name);
}

}  // namespace muster::launcher
