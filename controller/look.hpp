#pragma once
// A question what an engine's process is doing, on its way to the process's node and back.

#include <cstdint>

#include "controller/peer.hpp"
#include "protocol/clock.hpp"

namespace muster::controller {

struct Look {
  std::uint64_t number = 0;
  std::uint64_t link = 0;  ///< the asker's
  std::uint64_t question = 0;
  ProcessRef process = none;
  wire::Instant end{};  ///< the node isn't waited for any longer
};

}  // namespace muster::controller
