#pragma once
// Asks a running controller what an observer may know.

#include <chrono>
#include <stdexcept>
#include <string>

#include "protocol/connection_file.hpp"
#include "protocol/question.hpp"

namespace muster::launcher {

/// How long a command waits for a controller that is there.
inline constexpr std::chrono::seconds answer_bound{5};

/// It is there, but hasn't said a word in that time.
class NoAnswer : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The status as JSON text (its members: docs, "muster status"). Connects, asks, disconnects.
/// Throws NoAnswer when none comes within `timeout`, std::runtime_error when it is refused.
std::string request_status(const wire::ConnectionFile& cluster, std::chrono::milliseconds timeout);

/// The same for what ran where and when (controller/core_timeline.cpp).
std::string request_timeline(const wire::ConnectionFile& cluster,
                             std::chrono::milliseconds timeout);

/// The answer to a question that observers may put (protocol/question.hpp).
std::string request(const wire::ConnectionFile& cluster, wire::Topic topic, wire::Bytes question,
                    std::chrono::milliseconds timeout);

}  // namespace muster::launcher
