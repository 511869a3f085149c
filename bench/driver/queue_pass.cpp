// What a task costs in memory while it waits: at the controller and at its client.

#include <algorithm>
#include <chrono>
#include <list>
#include <stdexcept>
#include <string>
#include <thread>

#include "bench/driver/passes.hpp"
#include "bench/resident.hpp"

namespace muster::bench {
namespace {

/// A little less than the cluster takes of one client.
constexpr int client_tasks_max = 250'000;

/// Returns when the controller has so many tasks of these programs.
void wait_until_queued(const Cluster& cluster, std::int64_t tasks, std::list<Running>& programs) {
  for (;;) {
    const nlohmann::json status = cluster.status();
    if (status.at("queue").at("waiting").get<std::int64_t>() >= tasks) return;
    for (Running& program : programs) {
      if (!program.goes_on()) throw std::runtime_error("a client has ended: " + program.output());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace

void measure_queue(Round& round) {
  const int clients = (round.plan().queued + client_tasks_max - 1) / client_tasks_max;
  const int each = round.plan().queued / clients;
  // One at an engine: the others wait at the controller.
  const Cluster cluster(round.plan().muster, {.engines = usual_engines, .hwm = 1});
  const std::string engines = std::to_string(usual_engines);
  round.measure(round.command("ours_no_op", {"0.1", engines}));
  const auto controller = cluster.status().at("controller").at("pid").get<pid_t>();
  const double before = resident_bytes(controller);

  std::list<Running> programs;
  for (int i = 0; i < clients; ++i)
    programs.emplace_back(round.command("ours_queued", {std::to_string(each), engines}));
  wait_until_queued(cluster, std::int64_t{each} * clients, programs);

  const double grown = resident_bytes(controller) - before;
  round.note("ours.queued.controller_bytes", grown / each / clients);
  round.note("ours.queued.controller_gib", grown / (1 << 30));
  Running& first = programs.front();
  first.goes_on();  // reads what it has printed
  const auto line = nlohmann::json::parse(first.printed());
  round.note("ours.queued.client_bytes",
             (resident_bytes(first.pid()) - line.at("resident").get<double>()) / each -
                 line.at("body_bytes").get<double>());
}

}  // namespace muster::bench
