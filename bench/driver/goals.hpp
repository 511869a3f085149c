#pragma once
// The table of what Muster is meant to reach.

#include <span>

#include "bench/driver/reach.hpp"

namespace muster::bench {

std::span<const Reach> goals();

}  // namespace muster::bench
