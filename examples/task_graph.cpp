// A random graph of tasks, each of which starts when those that it depends on have ended:
// task_graph [TASKS [ENGINES]]. Whether the order was kept is then looked up, by their host's
// clock.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include <muster/muster.hpp>

struct Span {
  std::int64_t begin = 0, end = 0;  // nanoseconds of the steady clock
  MSGPACK_DEFINE(begin, end)
};

std::int64_t now() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

Span work(int microseconds) {
  const std::int64_t begin = now();
  std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
  return {begin, now()};
}

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::atoi(argv[1]) : 500;
  muster::Cluster cluster({.engines = argc > 2 ? std::atoi(argv[2]) : 4});
  const auto view = cluster.load_balanced_view();

  // Edges lead from earlier tasks to later ones only, so there is no circle. Nothing is waited for
  // here: the whole graph is in the cluster before most of it has run.
  std::mt19937_64 random(1);
  std::vector<std::vector<std::size_t>> before(count);
  std::vector<muster::AsyncResult<Span>> results;
  for (std::size_t task = 0; task < count; ++task) {
    std::vector<muster::AsyncResult<Span>> awaited;
    for (auto left = task == 0 ? 0 : random() % 4; left > 0; --left) {
      before[task].push_back(random() % task);
      awaited.push_back(results[before[task].back()]);
    }
    const int length = static_cast<int>(random() % 2000);
    results.push_back(view.with({.after = muster::all_of(awaited)}).apply<work>(length));
  }

  int edges = 0, kept = 0;
  for (std::size_t task = 0; task < count; ++task) {
    const Span span = results[task].get();
    for (const std::size_t earlier : before[task]) {
      ++edges;
      kept += results[earlier].get().end <= span.begin;
    }
  }
  std::printf("%zu tasks: the order was kept along %d of %d edges\n", count, kept, edges);
}
