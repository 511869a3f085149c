// What a decision of the scheduler takes, with few engines and tasks and with many.

#include <filesystem>
#include <stdexcept>
#include <string>

#include <fmt/core.h>

#include "bench/driver/passes.hpp"

namespace muster::bench {
namespace {

constexpr double ns_per_s = 1e9;

/// Of empty tasks, and of tasks of a millisecond: other ways through the scheduler.
void measure_decision(Round& round, const char* run_ns, const std::string& figure) {
  const auto nanoseconds = [&](int engines, int waiting) {
    const nlohmann::json report = round.measure(round.command(
        "micro", {fmt::format("--benchmark_filter=^decision/engines:{}/waiting:{}/ns:{}/", engines,
                              waiting, run_ns),
                  "--benchmark_format=json",
                  fmt::format("--benchmark_min_time={}", round.plan().seconds / 4)}));
    return report.at("benchmarks").at(0).at("decision").get<double>() * ns_per_s;
  };
  round.note("ours.decision." + figure + ".few_ns", nanoseconds(4, 1));
  round.note("ours.decision." + figure + ".many_ns", nanoseconds(4000, 1'000'000));
}

}  // namespace

void measure_decision(Round& round) {
  if (!std::filesystem::exists(round.command("micro", {}).program)) {
    throw std::runtime_error(
        "Google Benchmark isn't installed; run scripts/install-dependencies --bench, and this "
        "again");
  }
  measure_decision(round, "100", "empty");
  measure_decision(round, "1000000", "long");
}

}  // namespace muster::bench
