#pragma once
// Asks a running controller for its status.

#include <chrono>
#include <string>

#include "protocol/connection_file.hpp"

namespace muster::launcher {

/// The status as JSON text (its members: docs, "muster status"). Connects, asks, disconnects.
/// Throws std::runtime_error when no answer comes within `timeout`.
std::string request_status(const wire::ConnectionFile& cluster, std::chrono::milliseconds timeout);

}  // namespace muster::launcher
