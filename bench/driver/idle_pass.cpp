// What a cluster costs that has nothing to do.

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include <fmt/core.h>

#include "bench/driver/passes.hpp"

namespace muster::bench {

void measure_idle(Round& round) {
  using Clock = std::chrono::steady_clock;
  const Cluster cluster(round.plan().muster, {.engines = usual_engines});
  // It has worked before, so the processes of a program are there, too.
  round.measure(round.command("ours_no_op", {"0.1", std::to_string(usual_engines)}));
  std::this_thread::sleep_for(
      std::chrono::duration<double>(std::min(1.0, round.plan().idle_seconds)));
  const auto before = cluster.cpu_time();
  const auto start = Clock::now();
  std::this_thread::sleep_for(std::chrono::duration<double>(round.plan().idle_seconds));
  const std::chrono::duration<double> used = cluster.cpu_time() - before;
  const std::chrono::duration<double> passed = Clock::now() - start;
  round.note("ours.idle.percent", 100 * used / passed);
}

}  // namespace muster::bench
