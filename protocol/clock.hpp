#pragma once
// What time it is, for loops and threads. State machines are told.

#include <chrono>

#include "protocol/lane.hpp"

namespace muster::wire {

inline Instant now() {
  return std::chrono::steady_clock::now();
}

}  // namespace muster::wire
