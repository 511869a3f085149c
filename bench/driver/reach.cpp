#include "bench/driver/reach.hpp"

#include <array>

#include <fmt/core.h>

namespace muster::bench {
namespace {

constexpr Reach packing{"packed records against 7 frames a task (bare brokers)",
                        "floor.packed.tasks_per_s", "floor.frames_7.tasks_per_s", false, 3};

constexpr std::array goals{
    Reach{"apply().get() on one core, p50, against a bare round trip",
          "ours.round_trip.one_core.p50_us", "floor.round_trip.one_core.p50_us", true, 1.35},
    Reach{"the same with an embedded cluster", "ours.embedded_round_trip.one_core.p50_us",
          "floor.round_trip.one_core.p50_us", true, 1},
    Reach{"no-op tasks a second, against packed records", "ours.no_op.tasks_per_s",
          "floor.packed.tasks_per_s", false, 0.35},
    Reach{"makespan of 200 tasks of 0 to 50 ms, against the list schedule", "ours.makespan.ms",
          "floor.list_schedule.ms", true, 1.05},
    Reach{"credit of an engine during no-ops", "ours.credit.no_op", "", false, 65, ""},
    Reach{"credit of an engine within 20 long tasks", "ours.credit.long_tasks", "", true, 1, ""},
    Reach{"start of 4 engines to a stranger's first result, against bare processes",
          "ours.first_result.ms", "floor.spawn.ms", true, 5},
    Reach{"an idle cluster of 4, of one core", "ours.idle.percent", "", true, 0.3, " %"},
};

Outcome judge(const Reach& reach, const Figures& figures) {
  std::vector<double> values = figures.at(reach.ours);
  if (*reach.floor != '\0') {
    const std::vector<double>& floors = figures.at(reach.floor);
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] /= floors.at(i);
  }
  const double value = median(std::move(values));
  return {reach, value, reach.at_most ? value <= reach.limit : value >= reach.limit};
}

}  // namespace

std::vector<Outcome> compare(const Figures& figures) {
  std::vector<Outcome> outcomes{floor_sanity(figures)};
  for (const Reach& goal : goals) {
    if (figures.contains(goal.ours)) outcomes.push_back(judge(goal, figures));
  }
  return outcomes;
}

Outcome floor_sanity(const Figures& figures) {
  return judge(packing, figures);
}

std::string text(const Reach& reach) {
  return fmt::format("{} {:g}{}", reach.at_most ? "at most" : "at least", reach.limit, reach.unit);
}

std::string value_text(const Outcome& outcome) {
  return fmt::format("{:.3g}{}", outcome.value, outcome.reach.unit);
}

std::string table(const std::vector<Outcome>& outcomes) {
  std::string lines;
  for (const Outcome& outcome : outcomes) {
    lines += fmt::format("{:<78} {:<15} {:>9}  {}\n", outcome.reach.what, text(outcome.reach),
                         value_text(outcome), outcome.met ? "met" : "not met");
  }
  return lines;
}

}  // namespace muster::bench
