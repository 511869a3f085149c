#include "bench/driver/passes.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "bench/driver/cluster.hpp"
#include "bench/driver/command.hpp"

namespace muster::bench {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr int engines = 4;
/// Between two looks at the cluster's credit.
constexpr std::chrono::milliseconds look_interval{50};

/// One round.
class Round {
 public:
  Round(const Plan& plan, Figures& figures) : plan_(plan), figures_(figures) {}

  void run() {
    throughput();
    round_trip("free", false);
    round_trip("one_core", true);
    makespan();
    credit();
    first_result();
    idle();
  }

 private:
  Command command(const char* program, std::vector<std::string> arguments) const {
    return {plan_.programs / program, std::move(arguments)};
  }

  json measure(const Command& command) const { return json::parse(output_of(command)); }

  void note(const std::string& name, double value) { figures_[name].push_back(value); }

  void throughput() {
    const std::string seconds = fmt::format("{}", plan_.seconds);
    const auto rate = [](const json& line) { return line.at("tasks_per_s").get<double>(); };
    note("floor.frames_7.tasks_per_s", rate(measure(command("floor_frames", {"7", seconds}))));
    note("floor.frames_2.tasks_per_s", rate(measure(command("floor_frames", {"2", seconds}))));
    note("floor.packed.tasks_per_s", rate(measure(command("floor_packed", {seconds}))));
    const Cluster cluster(plan_.muster, {.engines = engines, .hwm = 256});
    note("ours.no_op.tasks_per_s",
         rate(measure(command("ours_no_op", {seconds, std::to_string(engines)}))));
  }

  void round_trip(const std::string& where, bool one_core) {
    const std::string rounds = std::to_string(plan_.round_trips);
    Command floor = command("floor_round_trip", {rounds});
    Command ours = command("ours_round_trip", {rounds, "1"});
    Command embedded = command("ours_embedded_round_trip", {rounds});
    floor.one_core = ours.one_core = embedded.one_core = one_core;
    const auto note_both = [&](const std::string& what, const json& line) {
      for (const char* percentile : {"p50_us", "p99_us"})
        note(what + "." + where + "." + percentile, line.at(percentile).get<double>());
    };
    note_both("floor.round_trip", measure(floor));
    note_both("ours.embedded_round_trip", measure(embedded));
    // One engine, as the floor has one worker.
    const Cluster cluster(plan_.muster, {.engines = 1, .hwm = 1, .one_core = one_core});
    note_both("ours.round_trip", measure(ours));
  }

  void makespan() {
    const Command ours = command("ours_makespan", {"200", "0", "50", std::to_string(engines)});
    for (const int hwm : {0, 1}) {
      const Cluster cluster(plan_.muster, {.engines = engines, .hwm = hwm});
      const json line = measure(ours);
      const std::string name = hwm == 0 ? "ours.makespan" : "ours.makespan_hwm_1";
      note(name + ".ms", line.at("ms").get<double>());
      if (hwm == 0) note("floor.list_schedule.ms", line.at("list_schedule_ms").get<double>());
    }
  }

  /// The credits that a cluster chose by itself while `command` ran.
  std::vector<double> credits_during(const Cluster& cluster, const Command& command) {
    std::vector<double> credits;
    Running running(command);
    while (running.goes_on()) {
      credits.push_back(cluster.largest_credit());
      std::this_thread::sleep_for(look_interval);
    }
    running.output();
    return credits;
  }

  void credit() {
    const Cluster cluster(plan_.muster, {.engines = engines});
    const std::string count = std::to_string(engines);
    const auto short_ones = credits_during(cluster, command("ours_no_op", {"1", count}));
    note("ours.credit.no_op", *std::max_element(short_ones.begin(), short_ones.end()));
    const auto long_ones =
        credits_during(cluster, command("ours_makespan", {"20", "100", "100", count}));
    note("ours.credit.long_tasks", *std::min_element(long_ones.begin(), long_ones.end()));
  }

  void first_result() {
    note("floor.spawn.ms",
         measure(command("floor_spawn", {std::to_string(engines)})).at("ms").get<double>());
    const auto start = Clock::now().time_since_epoch();
    const Cluster cluster(plan_.muster, {.engines = engines});
    const auto started = Clock::now().time_since_epoch();
    const json line = measure(command("ours_first_result", {}));
    const std::chrono::nanoseconds at(line.at("at_ns").get<std::int64_t>());
    const auto ms = [](auto span) {
      return std::chrono::duration<double, std::milli>(span).count();
    };
    note("ours.start.ms", ms(started - start));
    note("ours.first_result.ms", ms(at - start));
  }

  void idle() {
    const Cluster cluster(plan_.muster, {.engines = engines});
    // It has worked before, so the processes of a program are there, too.
    measure(command("ours_no_op", {"0.1", std::to_string(engines)}));
    std::this_thread::sleep_for(std::chrono::seconds(1));
    const auto before = cluster.cpu_time();
    const auto start = Clock::now();
    std::this_thread::sleep_for(std::chrono::duration<double>(plan_.idle_seconds));
    const std::chrono::duration<double> used = cluster.cpu_time() - before;
    const std::chrono::duration<double> passed = Clock::now() - start;
    note("ours.idle.percent", 100 * used / passed);
  }

  const Plan& plan_;
  Figures& figures_;
};

}  // namespace

Figures run_passes(const Plan& plan) {
  Figures figures;
  for (int round = 1; round <= plan.rounds; ++round) {
    fmt::print(stderr, "\rround {} of {}", round, plan.rounds);
    Round(plan, figures).run();
  }
  fmt::print(stderr, "\r{:20}\r", "");
  return figures;
}

}  // namespace muster::bench
