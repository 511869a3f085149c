// Tasks of known length, until the last has ended.

#include <string>

#include "bench/driver/passes.hpp"

namespace muster::bench {
namespace {

/// A cluster that knows nothing of earlier workloads.
nlohmann::json run_workload(Round& round, const char* workload, int hwm) {
  const Cluster cluster(round.plan().muster, {.engines = usual_engines, .hwm = hwm});
  return round.measure(round.command(
      "ours_makespan",
      {workload, std::to_string(usual_engines), std::to_string(round.plan().makespan_shrink)}));
}

}  // namespace

void measure_makespan(Round& round) {
  for (const char* workload :
       {"uneven", "straggler", "decreasing", "empty_then_long", "slow_engine"}) {
    const nlohmann::json line = run_workload(round, workload, 0);
    const std::string name = workload;
    round.note("ours.makespan." + name + ".ms", line.at("ms").get<double>());
    round.note("floor.list_schedule." + name + ".ms", line.at("list_schedule_ms").get<double>());
  }
  round.note("ours.makespan_hwm_1.ms", run_workload(round, "uneven", 1).at("ms").get<double>());
}

}  // namespace muster::bench
