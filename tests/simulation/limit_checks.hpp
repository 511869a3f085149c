#pragma once
// What must hold of tasks with time limits: a limit ends those that passed it, soon, and no other.

#include <optional>
#include <string>
#include <vector>

#include <muster/error.hpp>

#include "tests/simulation/ledger.hpp"

namespace muster::simulation {

/// The limit that ended a settled task; nullopt when none did.
std::optional<Limit> limit_passed_by(const TaskRecord& record);

/// What is wrong with a task that has settled, as ends of sentences about it.
std::vector<std::string> wrong_with_limits(const TaskRecord& record, bool fault_free);

}  // namespace muster::simulation
