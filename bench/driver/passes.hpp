#pragma once
// What a run measures, in its order: in each round everything once, the floor of a thing right
// before the thing, so that what else the machine does falls on both.

#include <span>

#include "bench/driver/round.hpp"

namespace muster::bench {

/// A subject; each has a file of its own, NAME_pass.cpp.
struct Pass {
  const char* name;
  void (*run)(Round& round);
};

std::span<const Pass> all_passes();

/// Says on standard error how far it is. Throws std::exception when something can't be measured.
Measured run_passes(const Plan& plan);

void measure_rate(Round& round);
void measure_credit(Round& round);
void measure_round_trip(Round& round);
void measure_makespan(Round& round);
void measure_large(Round& round);
void measure_decision(Round& round);
void measure_queue(Round& round);
void measure_curve(Round& round);
void measure_connected(Round& round);
void measure_start(Round& round);
void measure_map(Round& round);
void measure_peers(Round& round);
void measure_pools(Round& round);
void measure_long_run(Round& round);
void measure_idle(Round& round);

}  // namespace muster::bench
