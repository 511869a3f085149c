// What one does with results: errors beside values or as exceptions, by engine, one by one, joined,
// the first of some; exceptions of the program's own, output while it is written, times.
#include <chrono>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <vector>

#include <muster/muster.hpp>

using namespace std::chrono_literals;

struct Overheated : std::runtime_error {
  explicit Overheated(int degrees = 0) : runtime_error("too hot"), degrees(degrees) {}
  int degrees;
  MSGPACK_DEFINE(degrees)
};
int measure(const muster::Context& context, int limit) {
  const int degrees = 20 * (context.engine() + 1);
  if (degrees > limit) throw Overheated(degrees);
  std::this_thread::sleep_for(5ms);
  return degrees;
}
void stay(std::stop_token stop) {
  while (!stop.stop_requested())
    std::this_thread::sleep_for(1ms);
}

int main() try {
  muster::expecting<Overheated>();  // else it comes back as a TaskError
  const muster::Cluster cluster({.engines = 3});
  const auto all = cluster.all().apply<measure>(50);
  const std::vector<muster::Outcome<int>> outcomes = all.get(muster::return_exceptions);
  try {
    all.get();
  } catch (const muster::CompositeError& errors) {
    const auto& [index, error, engine] = errors.parts().front();
    try {
      std::rethrow_exception(error);
    } catch (const Overheated& hot) {
      std::printf("engine %d is %s: %d degrees\n", engine, hot.what(), hot.degrees);
    }
  }

  const auto two = cluster.slice(0, 2).apply<measure>(50);
  const bool ended = two.wait_interactive({.patience = 1min});  // a bar, on stderr
  const auto took = two.timedelta(&muster::TaskInfo::started, &muster::TaskInfo::completed);
  std::printf("engine 1 has %d degrees\n", two.get_dict().at(1));
  const auto joined = muster::join(two.split().back(), cluster[2].apply<measure>(60));
  const auto stays = cluster[0].apply<stay>();
  std::printf("number %zu ends first\n", muster::when_any(stays, joined).get());
  stays.cancel();
  cluster[0].apply([] { return std::puts("tick"); }).stream_output();
  if (!ended || took < 5ms || joined.get() != std::vector{40, 60} || !outcomes[0] || outcomes[2])
    return std::fprintf(stderr, "result_handling: these are wrong\n"), 1;
} catch (const std::exception& error) {
  return std::fprintf(stderr, "result_handling: %s\n", error.what()), 1;
}
