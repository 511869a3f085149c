#pragma once
// What a run measures, in its order: in each round everything once, the floor of a thing right
// before the thing, so that what else the machine does falls on both.

#include <filesystem>

#include "bench/driver/figures.hpp"

namespace muster::bench {

struct Plan {
  std::filesystem::path programs{};  ///< the folder of the floor's programs and of ours
  std::filesystem::path muster{};    ///< the command
  int rounds = 5;
  double seconds = 2;  ///< of each throughput
  double idle_seconds = 10;
  int round_trips = 5000;
};

/// Says on standard error how far it is. Throws std::exception when something can't be measured.
Figures run_passes(const Plan& plan);

}  // namespace muster::bench
