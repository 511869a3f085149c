#pragma once
// What a client says that runs its own tasks where it waits for them, and what it is answered
// (rule 33). It is in an engine, whose task has submitted them: were it only to wait, tasks that
// wait for their own could keep all engines from those.

#include "protocol/record.hpp"

namespace muster::wire {

/// Among the flags of a `lent`: the task isn't the client's, because it has begun, or ended, or
/// can't begin.
inline constexpr std::uint8_t lent_stays = 1;
/// Tasks that one record may ask for.
inline constexpr std::uint32_t ask_back_max = 32;

/// In `code` of a `lent`: the link on which it counts. One that got lost with its link is said
/// again on the next one, where the task is no longer lent.
constexpr std::uint32_t lent_on(std::uint64_t link) {
  return static_cast<std::uint32_t>(link);
}

}  // namespace muster::wire
