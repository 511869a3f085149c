#pragma once
// When a task ran: the options block of an outcome, of fixed size because every task pays for it.

#include <array>
#include <cstdint>
#include <optional>

#include <muster/detail/buffer.hpp>

#include "protocol/record.hpp"

namespace muster::wire {

/// `started_ns` is in the controller's monotonic clock, as the engine estimates it from its round
/// trips (rule 30); `run_ns` is a duration by the engine's own.
struct OutcomeTimes {
  std::int64_t started_ns = 0;
  std::int64_t run_ns = 0;
};

inline constexpr std::size_t outcome_times_bytes = 24;
using EncodedTimes = std::array<std::byte, outcome_times_bytes>;

EncodedTimes encode(const OutcomeTimes& times);
/// nullopt when the block holds something else.
std::optional<OutcomeTimes> decode_outcome_times(Bytes options);

}  // namespace muster::wire
