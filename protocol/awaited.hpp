#pragma once
// How tasks end for those that wait for them, in both ends' words.

#include <string>
#include <string_view>

#include "protocol/body.hpp"
#include "protocol/record.hpp"

namespace muster::wire {

/// A task that ended so is what `awaited` waits for.
constexpr bool is_met_by(const Awaited& awaited, OutcomeKind kind) {
  if (awaited.on == Awaited::end) return true;
  return (kind == OutcomeKind::value) == (awaited.on == Awaited::success);
}

/// Why `awaited` can't come any more, after a task that isn't it ended so. `who` is
/// that task: its label and its id.
std::string why_impossible(const Awaited& awaited, OutcomeKind kind, std::string_view who);

/// Why a task with results as its arguments can't start: together they are more than may travel.
std::string too_large_together();

}  // namespace muster::wire
