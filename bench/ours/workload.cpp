#include "bench/ours/workload.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <queue>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>

namespace muster::bench {
namespace {

constexpr std::uint64_t seed = 20;
constexpr int ms = 1000;

/// The same in every run; std's distributions differ between libraries.
std::vector<int> uneven(std::size_t tasks) {
  std::mt19937_64 random(seed);
  std::vector<int> lengths;
  for (std::size_t i = 0; i < tasks; ++i)
    lengths.push_back(static_cast<int>(random() % (50 * ms + 1)));
  return lengths;
}

/// One of them is a hundred times longer, and ends well before the last of the others.
std::vector<int> with_straggler(std::size_t tasks) {
  std::vector<int> lengths(tasks, 4 * ms);
  lengths[tasks / 3] *= 100;
  return lengths;
}

std::vector<int> decreasing(std::size_t tasks) {
  std::vector<int> lengths;
  for (std::size_t i = 0; i < tasks; ++i)
    lengths.push_back(static_cast<int>(50 * ms * (tasks - i) / tasks));
  return lengths;
}

std::vector<int> empty_then_long(std::size_t empty, std::size_t long_ones) {
  std::vector<int> lengths(empty, 0);
  lengths.insert(lengths.end(), long_ones, 50 * ms);
  return lengths;
}

}  // namespace

Workload workload_of(std::string_view name, std::size_t shrink) {
  if (name == "uneven") return {.lengths_us = uneven(200 / shrink)};
  if (name == "straggler") return {.lengths_us = with_straggler(1000 / shrink)};
  if (name == "decreasing") return {.lengths_us = decreasing(200 / shrink)};
  if (name == "empty_then_long") {
    return {.lengths_us = empty_then_long(20'000 / shrink, 40 / shrink)};
  }
  // With four engines the slow one is in the middle of a task when the last is handed out, so that
  // a little delay doesn't decide whether it gets another one.
  if (name == "slow_engine") {
    return {.lengths_us = std::vector<int>(388 / shrink, 10 * ms), .slow_engine = 0};
  }
  if (name == "long") return {.lengths_us = std::vector<int>(20 / shrink, 100 * ms)};
  throw std::invalid_argument("no workload is called " + std::string(name));
}

double list_schedule_ms(const Workload& workload, std::size_t engines) {
  using FreeAt = std::pair<std::int64_t, int>;  // and which engine
  std::priority_queue<FreeAt, std::vector<FreeAt>, std::greater<>> free_at;
  for (std::size_t i = 0; i < engines; ++i)
    free_at.emplace(0, static_cast<int>(i));
  std::int64_t end = 0;
  for (const std::int64_t length : workload.lengths_us) {
    const auto [start, engine] = free_at.top();
    free_at.pop();
    const std::int64_t done = start + (engine == workload.slow_engine ? slowness : 1) * length;
    free_at.emplace(done, engine);
    end = std::max(end, done);
  }
  return static_cast<double>(end) / ms;
}

}  // namespace muster::bench
