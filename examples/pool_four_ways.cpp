// Nineteen jobs of unequal lengths on a pool of eight workers, in the four ways of
// multiprocessing.Pool; and what a fixed size of chunks does to the balance.
#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <muster/muster.hpp>

using Seconds = std::chrono::duration<double>;
using Done = std::tuple<int, double, int>;  // number, length, worker

Done job(muster::Context& context, int number, double seconds) {
  std::this_thread::sleep_for(Seconds(seconds));
  return {number, seconds, context.engine()};
}

void report(const char* way, auto run) {
  const auto begin = std::chrono::steady_clock::now();
  std::map<int, std::string> jobs;
  double total = 0;
  for (const auto& [number, seconds, worker] : run()) {
    jobs[worker] += " " + std::to_string(number);
    total += seconds;
  }
  const Seconds wall = std::chrono::steady_clock::now() - begin;
  std::printf("\n%s: total work %.3f s, wall clock %.3f s\n", way, total, wall.count());
  for (const auto& [worker, numbers] : jobs)
    std::printf("  worker %d:%s\n", worker, numbers.c_str());
}

int main() {
  muster::Pool pool(8);
  std::vector<std::tuple<int, double>> data;
  for (int i = 0; i < 19; ++i)
    data.emplace_back(i, 0.005 * (1 + i * 7 % 19));
  report("map", [&] { return pool.starmap<job>(data); });
  report("map_async", [&] { return pool.starmap_async<job>(data).get(); });
  report("apply, one after the other", [&] {
    std::vector<Done> done;
    for (const auto& [number, seconds] : data)
      done.push_back(pool.apply<job>(number, seconds));
    return done;
  });
  report("apply_async", [&] {
    std::vector<muster::AsyncResult<Done>> results;
    for (const auto& [number, seconds] : data)
      results.push_back(pool.apply_async<job>({number, seconds}));
    std::vector<Done> done;
    for (const auto& result : results)
      done.push_back(result.get());
    return done;
  });
  for (int i = 19; i < 23; ++i)
    data.emplace_back(i, 0.05);
  report("chunks of 4 of 23", [&] { return pool.starmap<job>(data, {.chunk_size = 4}); });
}
