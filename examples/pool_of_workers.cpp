// Nineteen jobs of very different lengths on eight engines: a job goes to whoever is free, so that
// work is spread evenly although the numbers of jobs are not.
#include <chrono>
#include <cstdio>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include <muster/muster.hpp>

using Seconds = std::chrono::duration<double>;

void job(muster::Context& context, int number, double seconds) {
  std::printf("engine %d: job %2d sleeps for %.4f seconds\n", context.engine(), number, seconds);
  std::fflush(stdout);
  std::this_thread::sleep_for(Seconds(seconds));
}

struct Worker {
  int jobs = 0;
  double seconds = 0;
};

int main() {
  constexpr int jobs = 19;
  constexpr int engines = 8;
  muster::Cluster cluster({.engines = engines, .hwm = 1});
  auto view = cluster.load_balanced_view();
  std::printf("Launching %d jobs on %d engines\n", jobs, engines);

  std::mt19937 random(19);
  std::exponential_distribution<double> length(4.0);
  const auto begin = std::chrono::steady_clock::now();
  std::vector<muster::AsyncResult<void>> results;
  for (int i = 0; i < jobs; ++i)
    results.push_back(view.apply<job>(i, length(random)));

  std::map<std::int64_t, Worker> workers;
  for (auto& result : results) {
    result.get();
    const muster::TaskInfo info = result.info();
    Worker& worker = workers[info.pid];
    ++worker.jobs;
    worker.seconds += Seconds(info.completed - info.started).count();
  }
  const Seconds wall = std::chrono::steady_clock::now() - begin;

  double total = 0;
  std::printf("\nprocess   jobs  seconds\n");
  for (const auto& [pid, worker] : workers) {
    std::printf("%7lld  %5d  %7.4f\n", static_cast<long long>(pid), worker.jobs, worker.seconds);
    total += worker.seconds;
  }
  std::printf("\ntotal work %.4f s, wall clock %.4f s, speed-up %.2f\n", total, wall.count(),
              total / wall.count());
}
