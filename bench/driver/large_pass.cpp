// Bodies that take a while.

#include <string>

#include "bench/driver/passes.hpp"

namespace muster::bench {
namespace {

void note_echo(Round& round, const std::string& figure, const char* program, int megabytes,
               int times) {
  const Command echo =
      round.command(program, {"echo", std::to_string(megabytes), std::to_string(times)});
  round.note(figure + ".mb_per_s", round.measure(echo).at("mb_per_s").get<double>());
}

void note_beside(Round& round, const std::string& figure, const char* program, int megabytes) {
  const nlohmann::json line =
      round.measure(round.command(program, {"beside", std::to_string(megabytes)}));
  round.note(figure + ".p99_us", line.at("p99_us").get<double>());
}

}  // namespace

void measure_large(Round& round) {
  constexpr int times = 3;
  const int large = round.plan().large_mb;
  const int largest = round.plan().largest_mb;
  note_echo(round, "floor.chunks.large", "floor_chunks", large, times);
  const Cluster cluster(round.plan().muster, {.engines = 2});
  note_echo(round, "ours.echo.large", "ours_large", large, times);
  if (round.number() > round.plan().slow_rounds) return;
  note_echo(round, "floor.chunks.largest", "floor_chunks", largest, 1);
  note_echo(round, "ours.echo.largest", "ours_large", largest, 1);
  note_beside(round, "floor.small_beside", "floor_chunks", largest);
  note_beside(round, "ours.small_beside", "ours_large", largest);
}

}  // namespace muster::bench
