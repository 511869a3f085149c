#pragma once
// Tasks of known length in a known order, and how long the best that a scheduler without foresight
// can do would take for them.

#include <cstddef>
#include <string_view>
#include <vector>

namespace muster::bench {

struct Workload {
  std::vector<int> lengths_us{};
  int slow_engine = -1;  ///< takes slowness times as long for each; -1: none does
};

inline constexpr int slowness = 10;

/// By its name: uneven, straggler, decreasing, empty_then_long, slow_engine or long. `shrink`
/// divides the number of tasks. Throws std::invalid_argument for another name.
Workload workload_of(std::string_view name, std::size_t shrink);

/// The greedy list schedule at zero cost: each task in turn goes to the engine that is free first.
double list_schedule_ms(const Workload& workload, std::size_t engines);

}  // namespace muster::bench
