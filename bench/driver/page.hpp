#pragma once
// docs/performance.md, made from the JSON of a run and from nothing else.

#include <string>

#include <nlohmann/json.hpp>

namespace muster::bench {

/// It shows the picture of that name. Throws nlohmann::json::exception for JSON that no run has
/// written.
std::string performance_page(const nlohmann::json& results, const std::string& picture);

}  // namespace muster::bench
