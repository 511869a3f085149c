#pragma once
// What a short command of the system says.

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "launcher/process.hpp"
#include "protocol/descriptor.hpp"

namespace muster::launcher {

struct CommandOutput {
  std::optional<ProcessExit> exit;  ///< nullopt: it was killed at the bound, or asked to stop
  std::string out;
  std::string err;

  bool ok() const { return exit && exit->code == 0; }
};

/// Takes what a command writes, or holds what it reads. Throws std::system_error.
wire::Descriptor file_in_memory();
CommandOutput output_in(const std::optional<ProcessExit>& exit, const wire::Descriptor& out,
                        const wire::Descriptor& err);

/// Runs it to its end, without input; blocks. Throws std::system_error when it can't be started.
CommandOutput output_of(const std::vector<std::string>& words, std::chrono::seconds bound,
                        const std::vector<std::pair<std::string, std::string>>& environment = {},
                        const std::stop_token& stop = {});

}  // namespace muster::launcher
