// How long the pure parts of client, controller and engines take for a task that does nothing, and,
// under a profiler, what they execute for it (scripts/check-instructions).
//   pure_path TASKS ENGINES [CREDIT]

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "bench/pure/loopback.hpp"

int main(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  const auto number = [&](int index, long otherwise) {
    return argc > index ? std::atol(argv[index]) : otherwise;
  };
  const auto tasks = static_cast<std::size_t>(number(1, 100'000));
  const auto engines = static_cast<std::size_t>(number(2, 4));
  muster::bench::Loopback loopback(engines, static_cast<std::uint32_t>(number(3, 256)));
  const auto begin = Clock::now();
  loopback.run(tasks);
  const std::chrono::duration<double, std::nano> time = Clock::now() - begin;
  std::printf("{\"ns_per_task\": %.1f}\n", time.count() / static_cast<double>(tasks));
}
