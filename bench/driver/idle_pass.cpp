// What a cluster costs that has nothing to do: time and memory.

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include <fmt/core.h>

#include "bench/driver/passes.hpp"
#include "bench/resident.hpp"

namespace muster::bench {
namespace {

void note_memory(Round& round, const Cluster& cluster) {
  constexpr double megabyte = 1e6;
  const nlohmann::json status = cluster.status();
  const nlohmann::json& engine = status.at("engines").at(0);
  const auto note = [&](const char* what, const nlohmann::json& pid) {
    round.note(std::string("ours.idle.") + what + "_mb",
               resident_bytes(pid.get<pid_t>()) / megabyte);
  };
  note("controller", status.at("controller").at("pid"));
  note("node", engine.at("node"));
  note("engine", engine.at("pid"));
}

}  // namespace

void measure_idle(Round& round) {
  using Clock = std::chrono::steady_clock;
  const Cluster cluster(round.plan().muster, {.engines = usual_engines});
  // It has worked before, so the processes of a program are there, too.
  round.measure(round.command("ours_no_op", {"0.1", std::to_string(usual_engines)}));
  std::this_thread::sleep_for(
      std::chrono::duration<double>(std::min(1.0, round.plan().idle_seconds)));
  const auto before = cluster.cpu_time();
  const auto start = Clock::now();
  std::this_thread::sleep_for(std::chrono::duration<double>(round.plan().idle_seconds));
  const std::chrono::duration<double> used = cluster.cpu_time() - before;
  const std::chrono::duration<double> passed = Clock::now() - start;
  round.note("ours.idle.percent", 100 * used / passed);
  note_memory(round, cluster);
}

}  // namespace muster::bench
