#include "launcher/start_options.hpp"

#include <chrono>
#include <cstdint>

#include <CLI/CLI.hpp>

#include "launcher/bind_address.hpp"
#include "launcher/option.hpp"
#include "launcher/usable_cpus.hpp"

namespace muster::launcher {
namespace {

// Per host; more slots than this on one machine are a typing error.
constexpr int engines_max = 4096;
constexpr int hwm_max = 65'536;
// Less would be used up by what is on its way to clients that read.
constexpr int memory_mib_min = 64;
constexpr int memory_mib_max = 1 << 30;

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
  add_image_cache_option(command, options.image_cache_mib);
}

void add_cluster_start_options(CLI::App& command, StartOptions& options) {
  options.engines = usable_cpus();
  restrict_to_numbers(
      *command.add_option("-n,--engines,--n", options.engines,
                          "How many engines; one for each CPU that may be used unless given"),
      0, engines_max);
  add_scheduling_options(command, options);
  restrict_to_numbers(
      *command.add_option("--timeout", options.timeout_s, "How long the engines get to be ready")
           ->capture_default_str(),
      1, 86'400, "SECONDS");
  add_log_options(command, options.log);
  add_network_options(command, options);
}

LaunchConfig launch_config(const StartOptions& options) {
  LaunchConfig config;
  config.name = options.name;
  config.engines = static_cast<std::uint32_t>(options.engines);
  config.hwm = static_cast<std::uint32_t>(options.hwm);
  config.scheme = options.scheme;
  config.memory = static_cast<std::uint64_t>(options.memory_mib) << 20;
  config.image_cache = static_cast<std::uint64_t>(options.image_cache_mib) << 20;
  config.log = options.log;
  if (!options.bind.empty()) config.bind = parse_bind_address(options.bind, options.port_range);
  config.resume = options.resume;
  config.ready_bound = std::chrono::seconds(options.timeout_s);
  return config;
}

}  // namespace muster::launcher
