// Waits for longer than a client waits in silence, for a task that nobody runs.

#include <chrono>
#include <cstdio>

#include <muster/muster.hpp>

int main() {
  muster::Client client;
  const auto result = client.load_balanced_view().apply([] { return 1; });
  if (result.wait_for(std::chrono::milliseconds(7500))) return 1;
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
