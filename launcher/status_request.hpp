#pragma once
// Asks a running controller what an observer may know.

#include <chrono>
#include <string>

#include "protocol/connection_file.hpp"
#include "protocol/question.hpp"

namespace muster::launcher {

/// How long a command waits for a controller that is there.
inline constexpr std::chrono::seconds answer_bound{5};

/// The status as JSON text (its members: docs, "muster status"). Connects, asks, disconnects.
/// Throws std::runtime_error when no answer comes within `timeout`.
std::string request_status(const wire::ConnectionFile& cluster, std::chrono::milliseconds timeout);

/// The same for what ran where and when (controller/core_timeline.cpp).
std::string request_timeline(const wire::ConnectionFile& cluster,
                             std::chrono::milliseconds timeout);

/// The answer to a question that observers may put (protocol/question.hpp).
std::string request(const wire::ConnectionFile& cluster, wire::Topic topic, wire::Bytes question,
                    std::chrono::milliseconds timeout);

}  // namespace muster::launcher
