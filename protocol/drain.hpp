#pragma once
// What a node that will leave and the controller say to each other (rule 34), on the control
// socket.

#include <cstdint>
#include <string>

#include "protocol/body.hpp"

namespace muster::wire {

/// Among the flags of a `drained`: the node hasn't asked for it, but all of its engines were shut
/// down.
inline constexpr std::uint8_t drained_emptied = 1;

struct Drain {
  std::string reason;             ///< for people: "job 12_3 ends soon (SIGUSR1)"
  std::int64_t remaining_ns = 0;  ///< what it waits at most for tasks that run
  MUSTER_FIELDS(reason, remaining_ns)
};

}  // namespace muster::wire
