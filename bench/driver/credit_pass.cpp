// How many tasks a cluster lets an engine hold, by itself, while it works.

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <fmt/core.h>

#include "bench/driver/passes.hpp"

namespace muster::bench {
namespace {

/// Between two looks.
constexpr std::chrono::milliseconds gauge_interval{50};

std::vector<double> credits_during(const Cluster& cluster, const Command& command) {
  std::vector<double> credits;
  Running running(command);
  while (running.goes_on()) {
    credits.push_back(cluster.largest_credit());
    std::this_thread::sleep_for(gauge_interval);
  }
  running.output();
  return credits;
}

}  // namespace

void measure_credit(Round& round) {
  const Cluster cluster(round.plan().muster, {.engines = usual_engines});
  const std::string count = std::to_string(usual_engines);
  const std::string seconds = fmt::format("{}", std::min(1.0, round.plan().seconds));
  const auto short_ones = credits_during(cluster, round.command("ours_no_op", {seconds, count}));
  round.note("ours.credit.no_op", *std::max_element(short_ones.begin(), short_ones.end()));
  const auto long_ones = credits_during(cluster, round.command("ours_makespan", {"long", count}));
  round.note("ours.credit.long_tasks", *std::min_element(long_ones.begin(), long_ones.end()));
}

}  // namespace muster::bench
