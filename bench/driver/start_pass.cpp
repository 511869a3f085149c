// From nothing to a first result.

#include <chrono>
#include <cstdint>
#include <string>

#include "bench/driver/passes.hpp"

namespace muster::bench {
namespace {

using Clock = std::chrono::steady_clock;

template <class Span>
double ms(Span span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

void measure_engines(Round& round, int engines, const std::string& suffix) {
  const Command floor = round.command("floor_spawn", {std::to_string(engines)});
  round.note("floor.spawn" + suffix + ".ms", round.measure(floor).at("ms").get<double>());
  const auto start = Clock::now().time_since_epoch();
  const Cluster cluster(round.plan().muster, {.engines = engines});
  const auto started = Clock::now().time_since_epoch();
  const nlohmann::json line = round.measure(round.command("ours_first_result", {}));
  const std::chrono::nanoseconds at(line.at("at_ns").get<std::int64_t>());
  round.note("ours.start" + suffix + ".ms", ms(started - start));
  round.note("ours.first_result" + suffix + ".ms", ms(at - start));
}

}  // namespace

void measure_start(Round& round) {
  measure_engines(round, usual_engines, "");
  measure_engines(round, round.plan().many_engines, "_many");
}

}  // namespace muster::bench
