#include "bench/driver/passes.hpp"

#include <array>
#include <chrono>

#include <fmt/core.h>

namespace muster::bench {
namespace {

constexpr std::array passes{
    Pass{"rate", measure_rate},
    Pass{"credit", measure_credit},
    Pass{"round_trip", measure_round_trip},
    Pass{"makespan", measure_makespan},
    Pass{"large", measure_large},
    Pass{"decision", measure_decision},
    Pass{"queue", measure_queue},
    Pass{"curve", measure_curve},
    Pass{"connected", measure_connected},
    Pass{"start", measure_start},
    Pass{"idle", measure_idle},
    Pass{"long_run", measure_long_run},
    Pass{"map", measure_map},
    Pass{"peers", measure_peers},
    Pass{"pools", measure_pools},
};

}  // namespace

std::span<const Pass> all_passes() {
  return passes;
}

Measured run_passes(const Plan& plan) {
  Measured measured;
  for (int number = 1; number <= plan.rounds; ++number) {
    Round round(plan, number, measured);
    for (const Pass& pass : passes) {
      if (!plan.only.empty() && !plan.only.contains(pass.name)) continue;
      fmt::print(stderr, "\rround {} of {}: {:20}", number, plan.rounds, pass.name);
      const auto start = std::chrono::steady_clock::now();
      pass.run(round);
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
      measured.seconds[pass.name] += took.count();
    }
  }
  fmt::print(stderr, "\r{:40}\r", "");
  return measured;
}

}  // namespace muster::bench
