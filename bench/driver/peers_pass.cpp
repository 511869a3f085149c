// What others do for the same tasks, as far as they are installed.

#include <array>
#include <exception>
#include <string>

#include <fmt/core.h>

#include "bench/driver/passes.hpp"

namespace muster::bench {
namespace {

/// Scripts in bench/peers; each prints one line, or what it misses.
constexpr std::array peers{"pool", "parallel", "gearman", "mpi", "distributed", "ipyparallel"};

/// One that is installed and doesn't run here is no reason to measure nothing.
void measure_peer(Round& round, const std::string& name) {
  const Command command{round.plan().peers / name,
                        {round.plan().programs.string(), fmt::format("{}", round.plan().seconds)}};
  nlohmann::json line;
  try {
    line = round.measure(command);
  } catch (const std::exception& error) {
    round.miss(name + " (" + error.what() + ")");
    return;
  }
  if (line.contains("missing")) {
    round.miss(name + " (not installed: " + line.at("missing").get<std::string>() + ")");
    return;
  }
  for (const auto& [figure, value] : line.items())
    round.note("peer." + name + "." + figure, value.get<double>());
}

}  // namespace

void measure_map(Round& round) {
  if (round.number() > round.plan().slow_rounds) return;
  const std::string items = std::to_string(round.plan().map_items);
  const auto note = [&](const char* figure, const Command& command) {
    round.note(figure, round.measure(command).at("items_per_s").get<double>());
  };
  note("peer.pool_map.items_per_s", {round.plan().peers / "pool", {"map", items}});
  const Cluster cluster(round.plan().muster, {.engines = usual_engines});
  note("ours.map.items_per_s", round.command("ours_map", {items, std::to_string(usual_engines)}));
}

void measure_peers(Round& round) {
  if (round.number() > round.plan().slow_rounds) return;
  {
    // Again, so that it is beside what it is compared with.
    const Cluster cluster(round.plan().muster, {.engines = usual_engines});
    round.note_rate("ours.no_op_beside_peers",
                    round.command("ours_no_op", {fmt::format("{}", round.plan().seconds),
                                                 std::to_string(usual_engines)}));
  }
  for (const char* name : peers)
    measure_peer(round, name);
}

}  // namespace muster::bench
