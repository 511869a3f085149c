// Waits for longer than a client waits in silence, for a task that nobody runs.

#include <chrono>
#include <cstdio>

#include <muster/muster.hpp>

#include "tests/processes/patience.hpp"

int main() {
  using muster::test::bound;
  // More than the five seconds of silence, by as much more as everything takes here.
  const auto long_enough = std::chrono::milliseconds(7500) * (bound / std::chrono::seconds(20));
  muster::Client client;
  const auto result = client.load_balanced_view().apply([] { return 1; });
  if (result.wait_for(long_enough)) return 1;
  std::puts("still waiting");
  std::fflush(stdout);
  result.cancel();
  try {
    result.get();
  } catch (const muster::Cancelled&) {
    std::puts("cancelled");
    return 0;
  }
  return 1;
}
