#include "launcher/batch_system.hpp"

#include <array>

namespace muster::launcher {
namespace {

constexpr std::array<const BatchSystem*, 6> systems{&slurm_system,  &sge_system, &pbs_system,
                                                    &torque_system, &lsf_system, &htcondor_system};

}  // namespace

const char* name_of(BlockState state) {
  switch (state) {
    case BlockState::pending:
      return "pending";
    case BlockState::running:
      return "running";
    case BlockState::ended:
      return "ended";
    case BlockState::failed:
      return "failed";
    case BlockState::cancelled:
      return "cancelled";
    case BlockState::lost:
      return "lost";
  }
  return "";
}

const BatchSystem* find_batch_system(std::string_view name) {
  for (const BatchSystem* system : systems) {
    if (system->name == name) return system;
  }
  return nullptr;
}

std::vector<std::string> batch_system_names() {
  std::vector<std::string> names;
  for (const BatchSystem* system : systems)
    names.emplace_back(system->name);
  return names;
}

}  // namespace muster::launcher
