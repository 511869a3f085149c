#pragma once
// A controller's status for people.

#include <string>

namespace muster::launcher {

/// Turns the JSON of launcher/status_request.hpp into tables; what is missing in it is shown as
/// "-". `heading` is the first line. Throws std::runtime_error when it isn't JSON.
std::string status_text(const std::string& heading, const std::string& json);

}  // namespace muster::launcher
