#pragma once
// What `muster start`, `muster exec` and `muster job-script` are told about jobs of a batch system.

#include <string>
#include <vector>

#include "launcher/batch_nodes.hpp"
#include "protocol/cluster_directory.hpp"

namespace CLI {
class App;
}

namespace muster::launcher {

struct StartOptions;

inline constexpr int drain_time_by_system = -1;

struct BatchOptions {
  int blocks = 1;
  std::string queue;
  std::string account;
  std::string qos;
  std::string time;
  std::string gres;
  int drain_time_s = drain_time_by_system;
  std::vector<std::string> arguments;
  std::string job_template;
};

void add_batch_options(CLI::App& command, BatchOptions& options);
/// Throws CLI::ParseError when one of them is given; `why` is what is missing.
void refuse_batch_options(const CLI::App& command, const std::string& why);

/// The system whose jobs the launcher's name asks for; nullptr for hosts that are there already.
const BatchSystem* batch_system_of(const StartOptions& options);

/// Throws std::invalid_argument for what can't be meant.
BatchPlan batch_plan(const BatchSystem& system, const StartOptions& options);

/// The address at which the hosts of its jobs reach this one, as far as the system names them.
/// Throws std::runtime_error, which asks for --bind.
std::string address_towards_jobs(const BatchSystem& system, const std::string& queue);

}  // namespace muster::launcher
