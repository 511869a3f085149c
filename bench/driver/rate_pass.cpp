// Tasks a second.

#include <string>

#include <fmt/core.h>

#include "bench/driver/passes.hpp"

namespace muster::bench {
namespace {

/// The floor and ours with as many tasks at a worker. `credit` names the figures.
void measure_packed(Round& round, int credit) {
  const std::string seconds = fmt::format("{}", round.plan().seconds);
  const std::string suffix = credit == 1 ? "_credit_1" : "";
  round.note_rate("floor.packed" + suffix,
                  round.command("floor_packed", {seconds, std::to_string(credit)}));
  const Cluster cluster(round.plan().muster, {.engines = usual_engines, .hwm = credit});
  round.note_rate("ours.no_op" + suffix,
                  round.command("ours_no_op", {seconds, std::to_string(usual_engines)}));
}

void measure_completions(Round& round) {
  const Cluster cluster(round.plan().muster, {.engines = usual_engines});
  for (const char* order : {"in_order", "as_completed"}) {
    round.note_rate(
        std::string("ours.") + order,
        round.command("ours_completion", {order, std::to_string(round.plan().completions),
                                          std::to_string(usual_engines)}));
  }
}

}  // namespace

void measure_rate(Round& round) {
  const std::string seconds = fmt::format("{}", round.plan().seconds);
  round.note_rate("floor.frames_7", round.command("floor_frames", {"7", seconds}));
  round.note_rate("floor.frames_7_credit_64", round.command("floor_frames", {"7", seconds, "64"}));
  round.note_rate("floor.frames_2", round.command("floor_frames", {"2", seconds}));
  measure_packed(round, 256);
  {
    const Cluster cluster(round.plan().muster, {.engines = usual_engines});
    round.note_rate("ours.no_op_adaptive",
                    round.command("ours_no_op", {seconds, std::to_string(usual_engines)}));
  }
  measure_packed(round, 1);
  measure_completions(round);
}

}  // namespace muster::bench
