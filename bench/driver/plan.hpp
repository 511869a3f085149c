#pragma once
// How much of everything a run measures.

#include <filesystem>
#include <set>
#include <string>

namespace muster::bench {

struct Plan {
  std::filesystem::path programs{};  ///< the folder of the floor's programs and of ours
  std::filesystem::path peers{};     ///< the folder of the peers' scripts
  std::filesystem::path muster{};    ///< the command
  std::set<std::string> only{};      ///< passes to run; empty: all

  int rounds = 5;
  int slow_rounds = 5;  ///< the first of them, in which what is slow is measured, too
  double seconds = 2;   ///< of each throughput
  double idle_seconds = 10;
  int round_trips = 5000;
  int completions = 1'000'000;
  int makespan_shrink = 1;  ///< divides the tasks of each workload
  int large_mb = 64;
  int largest_mb = 1024;
  int queued = 1'000'000;
  int long_run = 0;              ///< tasks; 0: isn't measured
  int many_engines = 64;         ///< started
  int connected_engines = 4000;  ///< simulated
  int map_items = 10'000'000;
  int pool_shrink = 1;  ///< divides what pools do
};

/// Less of everything: under five minutes.
Plan quick_plan();
/// As little as shows that it works. Its figures mean nothing.
Plan smoke_plan();
/// What takes a machine for itself and some hours: ten million queued tasks, a hundred million in a
/// row.
Plan long_plan();

}  // namespace muster::bench
