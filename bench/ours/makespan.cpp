// How long a cluster takes for tasks of random length, and how long the best that a scheduler
// without foresight can do would take: the greedy list schedule of the same order, at zero cost.
//   ours_makespan TASKS MIN_MS MAX_MS ENGINES

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <queue>
#include <random>
#include <vector>

#include <muster/muster.hpp>

#include "bench/ours/all_engines.hpp"

namespace muster::bench {
namespace {

constexpr std::uint64_t seed = 20;

/// The same in every run; std's distributions differ between libraries.
std::vector<int> lengths_us(std::size_t tasks, int min_ms, int max_ms) {
  std::mt19937_64 random(seed);
  std::vector<int> lengths;
  for (std::size_t i = 0; i < tasks; ++i) {
    const auto spread = static_cast<std::uint64_t>(max_ms - min_ms) * 1000 + 1;
    lengths.push_back(min_ms * 1000 + static_cast<int>(random() % spread));
  }
  return lengths;
}

double list_schedule_ms(const std::vector<int>& lengths, std::size_t engines) {
  std::priority_queue<std::int64_t, std::vector<std::int64_t>, std::greater<>> free_at;
  for (std::size_t i = 0; i < engines; ++i)
    free_at.push(0);
  std::int64_t end = 0;
  for (const int length : lengths) {
    const std::int64_t done = free_at.top() + length;
    free_at.pop();
    free_at.push(done);
    end = std::max(end, done);
  }
  return static_cast<double>(end) / 1000;
}

void run(const std::vector<int>& lengths, std::size_t engines) {
  const LoadBalancedView view = Client().load_balanced_view();
  reach_all_engines(view, engines);
  const auto start = std::chrono::steady_clock::now();
  std::vector<AsyncResult<void>> results;
  for (const int length : lengths)
    results.push_back(view.apply<sleep_us>(length));
  for (const AsyncResult<void>& result : results)
    result.get();
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  std::printf("{\"ms\": %.2f, \"list_schedule_ms\": %.2f}\n", took.count(),
              list_schedule_ms(lengths, engines));
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "ours_makespan TASKS MIN_MS MAX_MS ENGINES\n");
    return 2;
  }
  const auto lengths = muster::bench::lengths_us(static_cast<std::size_t>(std::atol(argv[1])),
                                                 std::atoi(argv[2]), std::atoi(argv[3]));
  muster::bench::run(lengths, static_cast<std::size_t>(std::atol(argv[4])));
}
