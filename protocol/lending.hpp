#pragma once
// What a client says that runs its own tasks where it waits for them, and what it is answered
// (rule 33). It is in an engine, whose task has submitted them: were it only to wait, tasks that
// wait for their own could keep all engines from those.

#include "protocol/record.hpp"

namespace muster::wire {

/// From a client, on its task socket: let me run these `count` tasks, as far as nobody has begun
/// them. Each is answered by a record `lent`, or has an outcome.
inline constexpr Kind kind_ask_back{66};
/// The answer for one task. It is the client's from now on, as this attempt, which the client ends
/// by a record `outcome` or `returned` with that number. flags: lent_stays: it isn't, because it
/// has begun, or ended, or can't begin.
inline constexpr Kind kind_lent{67};
inline constexpr std::uint8_t lent_stays = 1;
/// Tasks that one record may ask for.
inline constexpr std::uint32_t ask_back_max = 32;

/// In `code` of a `lent`: the link on which it counts. One that got lost with its link is said
/// again on the next one, where the task is no longer lent.
constexpr std::uint32_t lent_on(std::uint64_t link) {
  return static_cast<std::uint32_t>(link);
}

}  // namespace muster::wire
