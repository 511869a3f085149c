#pragma once
// How long a job may run, as batch systems write it.

#include <chrono>
#include <optional>
#include <string_view>

namespace muster::launcher {

/// "30", "30:00", "1:30:00", "2-12", "2-12:30:00": a number alone counts in `unit`, two are minutes
/// and seconds, with days hours and minutes. nullopt for anything else.
std::optional<std::chrono::seconds> walltime(std::string_view text, std::chrono::seconds unit);

}  // namespace muster::launcher
