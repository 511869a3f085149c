#include "bench/driver/page.hpp"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "bench/driver/figures.hpp"
#include "bench/driver/reach.hpp"

namespace muster::bench {
namespace {

struct Row {
  const char* figure;
  const char* what;
  const char* unit;
};

constexpr std::array rows{
    Row{"floor.frames_7.tasks_per_s", "bare broker, 7 frames a task", "tasks/s"},
    Row{"floor.frames_2.tasks_per_s", "bare broker, 2 frames a task", "tasks/s"},
    Row{"floor.packed.tasks_per_s", "bare broker, packed records", "tasks/s"},
    Row{"ours.no_op.tasks_per_s", "**Muster, no-op tasks**", "tasks/s"},
    Row{"floor.round_trip.one_core.p50_us", "bare round trip, one core, p50", "us"},
    Row{"ours.round_trip.one_core.p50_us", "**apply().get(), one core, p50**", "us"},
    Row{"ours.embedded_round_trip.one_core.p50_us", "**apply().get(), embedded, one core, p50**",
        "us"},
    Row{"floor.round_trip.one_core.p99_us", "bare round trip, one core, p99", "us"},
    Row{"ours.round_trip.one_core.p99_us", "**apply().get(), one core, p99**", "us"},
    Row{"ours.embedded_round_trip.one_core.p99_us", "**apply().get(), embedded, one core, p99**",
        "us"},
    Row{"floor.round_trip.free.p50_us", "bare round trip, free, p50", "us"},
    Row{"ours.round_trip.free.p50_us", "**apply().get(), free, p50**", "us"},
    Row{"ours.embedded_round_trip.free.p50_us", "**apply().get(), embedded, free, p50**", "us"},
    Row{"floor.round_trip.free.p99_us", "bare round trip, free, p99", "us"},
    Row{"ours.round_trip.free.p99_us", "**apply().get(), free, p99**", "us"},
    Row{"ours.embedded_round_trip.free.p99_us", "**apply().get(), embedded, free, p99**", "us"},
    Row{"floor.list_schedule.ms", "greedy list schedule at zero cost", "ms"},
    Row{"ours.makespan.ms", "**makespan**", "ms"},
    Row{"ours.makespan_hwm_1.ms", "**makespan with `--hwm 1`**", "ms"},
    Row{"floor.spawn.ms", "four bare processes that connect", "ms"},
    Row{"ours.start.ms", "**`muster start -n 4 --daemonize`**", "ms"},
    Row{"ours.first_result.ms", "**the same and a stranger's first result**", "ms"},
    Row{"ours.idle.percent", "**idle cluster of 4 engines**", "% of a core"},
};

constexpr const char* how = R"(
## How it is measured

In each round everything runs once, a floor right before what is compared with it; the ratios are
medians over the rounds of the ratio within a round. Everything is on one host, over `ipc`, each
role a process.

- **Bare brokers** do no cluster work: a client's DEALER, a broker's two ROUTERs, four workers'
  DEALERs; sockets are drained, never polled before each message. 64-byte bodies, 1,024 tasks
  outstanding, 256 at a worker. 7 frames is the layout of ipyparallel; packed is up to 256 records
  in a message, sent off when a pass over the sockets ends.
- **No-op tasks**: one client, 4 engines, `--hwm 256`, the same bodies and the same window; each
  task is an `apply` of its own with an `AsyncResult` of its own.
- **Round trips**: one after the other, 64 bytes there and back, one engine or worker, `--hwm 1`. On
  one core all processes are bound to one CPU; free, the kernel moves them, and the time depends on
  where it puts them.
- **Makespan**: 200 tasks that sleep for 0 to 50 ms, from a seed, on 4 engines. The list schedule
  gives each task in turn to the engine that is free first, and takes no time for it.
- **First result**: from `muster start -n 4` until a program that the cluster has never seen has the
  result of its first task. Four bare processes: from the first spawn until each has said a word on
  its connection.
- **Idle**: the CPU time of all processes of a cluster that has worked and has no client now.
)";

std::string quantity(double value) {
  return value >= 1000 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

std::string figures_table(const Figures& figures) {
  std::string lines = "| | median | least | most | |\n|---|---:|---:|---:|---|\n";
  for (const Row& row : rows) {
    const auto found = figures.find(row.figure);
    if (found == figures.end()) continue;
    const auto [least, most] = std::minmax_element(found->second.begin(), found->second.end());
    lines += fmt::format("| {} | {} | {} | {} | {} |\n", row.what, quantity(median(found->second)),
                         quantity(*least), quantity(*most), row.unit);
  }
  return lines;
}

}  // namespace

std::string performance_page(const nlohmann::json& results) {
  const auto figures = results.at("samples").get<Figures>();
  const auto word = [&](const char* name) { return results.at(name).get<std::string>(); };
  std::string page = "# Performance\n\n";
  page += fmt::format(
      "Written by `bench/run --write-docs`; don't edit it. Trust the ratios, not the figures: "
      "those\nare of one machine and one day.\n\n"
      "| | |\n|---|---|\n| commit | {} |\n| machine | {}, {} CPUs, load {:.1f} before the run |\n"
      "| date | {} |\n| command | `{}`, {} rounds |\n\n",
      word("commit"), word("cpu"), results.at("cores").get<int>(), results.at("load").get<double>(),
      word("date"), word("command"), results.at("rounds").get<int>());
  page += "## Reach\n\n| | reach | here | |\n|---|---|---:|---|\n";
  for (const Outcome& outcome : compare(figures)) {
    page += fmt::format("| {} | {} | {} | {} |\n", outcome.reach.what, text(outcome.reach),
                        value_text(outcome), outcome.met ? "met" : "**not met**");
  }
  page += "\n## Figures\n\n" + figures_table(figures) + how;
  return page;
}

}  // namespace muster::bench
