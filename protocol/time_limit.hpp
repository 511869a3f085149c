#pragma once
// Time limits of tasks: from the nanoseconds that travel to a point of this host's monotonic clock,
// and how the end of a task that passed one is said.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <muster/error.hpp>

#include "protocol/body.hpp"
#include "protocol/lane.hpp"

namespace muster::wire {

/// `from` plus a limit. A wild number, also one that would overflow, is the end of time.
inline Instant limit_after(Instant from, std::int64_t limit_ns) {
  constexpr std::int64_t longest = std::int64_t{1} << 61;  // 73 years
  if (limit_ns <= 0 || limit_ns > longest) return Instant::max();
  return from + std::chrono::nanoseconds(limit_ns);
}

/// The body of the outcome of a task that passed this limit.
Ending ending_of(Limit limit, std::int64_t limit_ns);
/// Its text, when the task needed what no engine has.
std::string add_what_is_missing(const std::string& text, const std::string& needs);
/// nullopt when it is the name of none.
std::optional<Limit> limit_named(std::string_view name);

}  // namespace muster::wire
