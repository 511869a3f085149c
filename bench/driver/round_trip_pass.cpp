// One task after the other.

#include <string>

#include "bench/driver/passes.hpp"

namespace muster::bench {
namespace {

void measure_at(Round& round, const std::string& where, bool one_core) {
  const std::string count = std::to_string(round.plan().round_trips);
  Command floor = round.command("floor_round_trip", {count});
  Command ours = round.command("ours_round_trip", {count, "1"});
  Command embedded = round.command("ours_embedded_round_trip", {count});
  Command raw = round.command("floor_raw_round_trip", {count});
  raw.one_core = floor.one_core = ours.one_core = embedded.one_core = one_core;
  const auto note = [&](const std::string& what, const Command& command) {
    const nlohmann::json line = round.measure(command);
    for (const char* percentile : {"p50_us", "p99_us"})
      round.note(what + "." + where + "." + percentile, line.at(percentile).get<double>());
  };
  note("floor.raw_round_trip", raw);
  note("floor.round_trip", floor);
  note("ours.embedded_round_trip", embedded);
  // One engine, as the floor has one worker.
  const Cluster cluster(round.plan().muster, {.engines = 1, .hwm = 1, .one_core = one_core});
  note("ours.round_trip", ours);
}

}  // namespace

void measure_round_trip(Round& round) {
  measure_at(round, "free", false);
  measure_at(round, "one_core", true);
}

}  // namespace muster::bench
