#pragma once
// What the long-lived processes of a cluster write down.

#include <string>

namespace muster::launcher {

/// From now on spdlog writes lines with the time and the role to stderr, which `start` has pointed
/// at the role's file. Every line is flushed: the last one before a death matters most.
void log_to_stderr(const std::string& role);

}  // namespace muster::launcher
