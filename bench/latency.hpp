#pragma once
// Percentiles of round trips, printed the same way by the floor and by ours.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <vector>

namespace muster::bench {

/// Calls `once` until `rounds` calls have been measured; the first tenth is for warming up and
/// isn't. Prints one JSON object.
template <class Once>
void print_latency(std::size_t rounds, Once once) {
  using Clock = std::chrono::steady_clock;
  for (std::size_t i = 0; i < rounds / 10; ++i)
    once();
  std::vector<double> micros;
  micros.reserve(rounds);
  for (std::size_t i = 0; i < rounds; ++i) {
    const Clock::time_point start = Clock::now();
    once();
    micros.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  std::sort(micros.begin(), micros.end());
  std::printf("{\"p50_us\": %.2f, \"p99_us\": %.2f}\n", micros[rounds / 2],
              micros[rounds * 99 / 100]);
}

}  // namespace muster::bench
