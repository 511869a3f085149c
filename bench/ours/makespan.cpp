// How long a cluster takes for tasks of known length, beside the list schedule of them.
//   ours_makespan WORKLOAD ENGINES [SHRINK]       see workload.hpp

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <thread>
#include <vector>

#include <muster/muster.hpp>

#include "bench/ours/all_engines.hpp"
#include "bench/ours/workload.hpp"

namespace muster::bench {
namespace {

void work(Context& context, int micros, int slow_engine) {
  if (context.engine() == slow_engine) micros *= slowness;
  if (micros > 0) std::this_thread::sleep_for(std::chrono::microseconds(micros));
}

void run(const Workload& workload, std::size_t engines) {
  const LoadBalancedView view = Client().load_balanced_view();
  reach_all_engines(view, engines);
  const auto start = std::chrono::steady_clock::now();
  std::vector<AsyncResult<void>> results;
  for (const int length : workload.lengths_us)
    results.push_back(view.apply<work>(length, workload.slow_engine));
  for (const AsyncResult<void>& result : results)
    result.get();
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  std::printf("{\"ms\": %.2f, \"list_schedule_ms\": %.2f}\n", took.count(),
              list_schedule_ms(workload, engines));
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) try {
  if (argc < 3) {
    std::fprintf(stderr, "ours_makespan WORKLOAD ENGINES [SHRINK]\n");
    return 2;
  }
  const std::size_t shrink = argc > 3 ? static_cast<std::size_t>(std::atol(argv[3])) : 1;
  muster::bench::run(muster::bench::workload_of(argv[1], shrink),
                     static_cast<std::size_t>(std::atol(argv[2])));
} catch (const std::exception& error) {
  std::fprintf(stderr, "ours_makespan: %s\n", error.what());
  return 1;
}
