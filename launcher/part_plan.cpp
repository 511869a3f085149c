#include "launcher/part_plan.hpp"

namespace muster::launcher {
namespace {

constexpr int tether_number = 3;  // descriptors of the part
constexpr int lock_number = 4;

std::string joined(const std::vector<std::uint16_t>& ports) {
  std::string text;
  for (const std::uint16_t port : ports)
    text += (text.empty() ? "" : ",") + std::to_string(port);
  return text;
}

}  // namespace

ProcessPlan plan_of_part(const OwnProgram& program, const std::string& role,
                         const LaunchConfig& config, const wire::Uuid& cluster,
                         const std::vector<std::string>& arguments, int tether, int lock) {
  ProcessPlan plan;
  plan.executable = program.file.get();
  plan.path = program.path;
  plan.arguments = {program.path, role, "--uuid", cluster.hex()};
  plan.arguments.insert(
      plan.arguments.end(),
      {"--profile", config.name.profile, "--cluster-id", config.name.cluster_id, "--tether",
       std::to_string(tether_number), "--lock", std::to_string(lock_number)});
  plan.arguments.insert(plan.arguments.end(), arguments.begin(), arguments.end());
  const std::vector<std::string> log = arguments_for(config.log);
  plan.arguments.insert(plan.arguments.end(), log.begin(), log.end());
  plan.environment = {{"MUSTER_CLUSTER", cluster.hex()}};
  plan.descriptors = {{tether, tether_number}, {lock, lock_number}};
  return plan;
}

std::vector<std::string> controller_arguments(const LaunchConfig& config,
                                              const std::filesystem::path& runtime,
                                              std::uint32_t engines) {
  std::vector<std::string> arguments{"--runtime",     runtime.string(),
                                     "--scheme",      config.scheme,
                                     "--hwm",         std::to_string(config.hwm),
                                     "--engines",     std::to_string(engines),
                                     "--memory",      std::to_string(config.memory >> 20),
                                     "--history",     std::to_string(config.history),
                                     "--image-cache", std::to_string(config.image_cache >> 20)};
  if (!config.database.empty()) {
    arguments.insert(arguments.end(), {"--db", config.database, "--db-size",
                                       std::to_string(config.database_bytes >> 20)});
  }
  if (config.bind) {
    arguments.insert(arguments.end(), {"--listen", config.bind->address});
    if (!config.bind->ports.empty()) {
      arguments.insert(arguments.end(), {"--ports", joined(config.bind->ports)});
    }
  }
  return arguments;
}

std::vector<std::string> node_arguments(const LaunchConfig& config,
                                        const wire::ConnectionFile& connection) {
  std::vector<std::string> arguments{"--slots",
                                     std::to_string(config.engines),
                                     "--resources",
                                     config.resources.list(),
                                     "--engine-endpoint",
                                     connection.engine_endpoint,
                                     "--control-endpoint",
                                     connection.control_endpoint,
                                     "--image-cache",
                                     std::to_string(config.image_cache >> 20)};
  if (config.memory_limit > 0) {
    arguments.insert(arguments.end(),
                     {"--memory-limit", std::to_string(config.memory_limit >> 20)});
  }
  return arguments;
}

}  // namespace muster::launcher
