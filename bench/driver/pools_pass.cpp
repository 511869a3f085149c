// Pools of one machine, others' and ours, in the same cells: how many tasks a second a map does,
// and how long a pool lives that runs one task.

#include <algorithm>
#include <array>
#include <exception>
#include <map>
#include <string>

#include "bench/driver/passes.hpp"

namespace muster::bench {
namespace {

/// What bench/peers/pools can be.
constexpr std::array ways{"pool", "executor", "joblib", "mpire"};

/// Of this, less is better; of all other cells more.
constexpr const char* time_cell = "cycle_ms";

}  // namespace

void measure_pools(Round& round) {
  if (round.number() > round.plan().slow_rounds) return;
  const std::string shrink = std::to_string(round.plan().pool_shrink);
  const nlohmann::json ours = round.measure(round.command("ours_pool", {shrink}));
  for (const auto& [cell, value] : ours.items())
    round.note("ours.pools." + cell, value.get<double>());
  std::map<std::string, double> best;
  for (const char* way : ways) {
    nlohmann::json line;
    try {
      line = round.measure({round.plan().peers / "pools", {way, shrink}});
    } catch (const std::exception& error) {
      round.miss(std::string(way) + " (" + error.what() + ")");
      continue;
    }
    if (line.contains("missing")) {
      round.miss(std::string(way) + " (not installed: " + line.at("missing").get<std::string>() +
                 ")");
      continue;
    }
    for (const auto& [cell, value] : line.items()) {
      const double figure = value.get<double>();
      round.note(std::string("peer.pools.") + way + "." + cell, figure);
      double& so_far = best.try_emplace(cell, figure).first->second;
      so_far = cell == time_cell ? std::min(so_far, figure) : std::max(so_far, figure);
    }
  }
  for (const auto& [cell, figure] : best)
    round.note("peer.pools.best." + cell, figure);
}

}  // namespace muster::bench
