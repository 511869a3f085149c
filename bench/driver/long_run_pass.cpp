// Whether a cluster stays as fast and as small as it was at first.

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "bench/driver/passes.hpp"
#include "bench/resident.hpp"

namespace muster::bench {
namespace {

constexpr std::chrono::milliseconds count_interval{50};

/// The largest sample of the second half over the largest of the first.
double growth(const std::vector<double>& samples) {
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>((samples.size() + 1) / 2);
  if (middle == samples.end()) return 1;
  return *std::max_element(middle, samples.end()) / *std::max_element(samples.begin(), middle);
}

}  // namespace

void measure_long_run(Round& round) {
  if (round.plan().long_run == 0) return;
  const Cluster cluster(round.plan().muster, {.engines = usual_engines});
  const auto controller = cluster.status().at("controller").at("pid").get<pid_t>();
  std::vector<double> samples;
  Running running(round.command(
      "ours_long_run", {std::to_string(round.plan().long_run), std::to_string(usual_engines)}));
  while (running.goes_on()) {
    samples.push_back(resident_bytes(controller));
    std::this_thread::sleep_for(count_interval);
  }
  const auto line = nlohmann::json::parse(running.output());
  for (const char* part : {"first", "last"}) {
    const std::string figure = part + std::string("_tasks_per_s");
    round.note("ours.long_run." + figure, line.at(figure).get<double>());
  }
  round.note("ours.long_run.growth", growth(samples));
}

}  // namespace muster::bench
