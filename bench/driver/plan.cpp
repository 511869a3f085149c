#include "bench/driver/plan.hpp"

namespace muster::bench {

Plan quick_plan() {
  Plan plan;
  plan.rounds = 3;
  plan.slow_rounds = 1;
  plan.seconds = 1;
  plan.idle_seconds = 4;
  plan.round_trips = 2000;
  plan.completions = 500'000;
  plan.pool_shrink = 4;
  return plan;
}

Plan smoke_plan() {
  Plan plan;
  plan.rounds = 1;
  plan.slow_rounds = 1;
  plan.seconds = 0.1;
  plan.idle_seconds = 0.2;
  plan.round_trips = 50;
  plan.completions = 2000;
  plan.makespan_shrink = 10;
  plan.large_mb = 2;
  plan.largest_mb = 8;
  plan.queued = 5000;
  plan.long_run = 10'000;
  plan.many_engines = 8;
  plan.connected_engines = 64;
  plan.map_items = 20'000;
  plan.pool_shrink = 100;
  return plan;
}

Plan long_plan() {
  Plan plan;
  plan.queued = 10'000'000;
  plan.long_run = 100'000'000;
  return plan;
}

}  // namespace muster::bench
