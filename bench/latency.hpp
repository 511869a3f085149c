#pragma once
// Percentiles of round trips, printed the same way by the floor and by ours.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <stdexcept>
#include <utility>
#include <vector>

namespace muster::bench {

template <class Once>
double micros_of(Once once) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  once();
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

/// Prints one JSON object.
inline void print_percentiles(std::vector<double> micros) {
  if (micros.empty()) throw std::runtime_error("nothing was measured");
  std::sort(micros.begin(), micros.end());
  std::printf("{\"p50_us\": %.2f, \"p99_us\": %.2f}\n", micros[micros.size() / 2],
              micros[micros.size() * 99 / 100]);
}

/// Calls `once` until `rounds` calls have been measured; the first tenth is for warming up and
/// isn't.
template <class Once>
void print_latency(std::size_t rounds, Once once) {
  for (std::size_t i = 0; i < rounds / 10; ++i)
    once();
  std::vector<double> micros;
  micros.reserve(rounds);
  for (std::size_t i = 0; i < rounds; ++i)
    micros.push_back(micros_of(once));
  print_percentiles(std::move(micros));
}

}  // namespace muster::bench
