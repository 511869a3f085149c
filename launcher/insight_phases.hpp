#pragma once
// What a worker's time is divided into, and what is common to all that shows it.

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

#include <muster/insights.hpp>

namespace muster::launcher {

inline double in_seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

struct InsightPhase {
  std::string_view label;
  std::string_view key;  ///< in JSON
  std::chrono::nanoseconds WorkerInsights::*time;
  std::string_view color;
};

inline constexpr std::array<InsightPhase, 5> insight_phases{{
    {"start-up", "start_up", &WorkerInsights::start_up, "#b8b8b8"},
    {"init", "init", &WorkerInsights::init, "#e69f00"},
    {"waiting", "waiting", &WorkerInsights::waiting, "#eef2f5"},
    {"working", "working", &WorkerInsights::working, "#0072b2"},
    {"exit", "exit", &WorkerInsights::exit, "#009e73"},
}};

/// Of a phase of all workers, in seconds.
struct Spread {
  double mean = 0;
  double deviation = 0;
};

inline Spread spread_of(const std::vector<WorkerInsights>& workers, const InsightPhase& phase) {
  Spread spread;
  if (workers.empty()) return spread;
  const double count = static_cast<double>(workers.size());
  for (const WorkerInsights& worker : workers)
    spread.mean += in_seconds(worker.*phase.time) / count;
  for (const WorkerInsights& worker : workers) {
    const double apart = in_seconds(worker.*phase.time) - spread.mean;
    spread.deviation += apart * apart / count;
  }
  spread.deviation = std::sqrt(spread.deviation);
  return spread;
}

/// The share of `all` that `part` is; nothing of nothing.
inline double share(double part, double all) {
  return all > 0 ? part / all : 0;
}

}  // namespace muster::launcher
