#pragma once
// docs/performance.md, made from the JSON of a run and from nothing else.

#include <string>

#include <nlohmann/json.hpp>

namespace muster::bench {

/// Throws nlohmann::json::exception for JSON that no run has written.
std::string performance_page(const nlohmann::json& results);

}  // namespace muster::bench
