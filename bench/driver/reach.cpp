#include "bench/driver/reach.hpp"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "bench/driver/goals.hpp"

namespace muster::bench {
namespace {

constexpr Reach packing{"packed records against 7 frames a task (bare brokers)",
                        "floor.packed.tasks_per_s", "floor.frames_7.tasks_per_s", false, 3};
constexpr std::array floors{
    packing,
    Reach{"a bare round trip on one core, p50, against two raw hops",
          "floor.round_trip.one_core.p50_us", "floor.raw_round_trip.one_core.p50_us", true, 2.5},
};

bool is_measured(const Reach& reach, const Figures& figures) {
  return figures.contains(reach.ours) && (*reach.floor == '\0' || figures.contains(reach.floor));
}

Outcome judge(const Reach& reach, const Figures& figures) {
  std::vector<double> values = figures.at(reach.ours);
  if (*reach.floor != '\0') {
    const std::vector<double>& floors = figures.at(reach.floor);
    // Both begin in the first round; what is slow is measured in the first ones only.
    values.resize(std::min(values.size(), floors.size()));
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] /= floors[i];
  }
  const double value = median(std::move(values));
  return {reach, value, reach.at_most ? value <= reach.limit : value >= reach.limit};
}

}  // namespace

std::vector<Outcome> compare(const Figures& figures) {
  std::vector<Outcome> outcomes;
  const auto judge_all = [&](const auto& reaches) {
    for (const Reach& reach : reaches) {
      if (is_measured(reach, figures)) outcomes.push_back(judge(reach, figures));
    }
  };
  judge_all(floors);
  judge_all(goals());
  return outcomes;
}

bool floors_are_sane(const Figures& figures) {
  return !is_measured(packing, figures) || judge(packing, figures).met;
}

std::string text(const Reach& reach) {
  return fmt::format("{} {:g}{}", reach.at_most ? "at most" : "at least", reach.limit, reach.unit);
}

std::string value_text(const Outcome& outcome) {
  return outcome.value >= 1000 ? fmt::format("{:.0f}{}", outcome.value, outcome.reach.unit)
                               : fmt::format("{:.3g}{}", outcome.value, outcome.reach.unit);
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
