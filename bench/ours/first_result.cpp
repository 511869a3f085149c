// A program that the cluster has never seen: gets one result and says when it had it, on the clock
// that all processes of a host share.
//   ours_first_result

#include <chrono>
#include <cstdio>

#include <muster/muster.hpp>

int main() {
  const muster::Client client;
  const int answer = client.load_balanced_view().apply([](int n) { return n + 1; }, 41).get();
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  std::printf("{\"at_ns\": %lld}\n", static_cast<long long>(std::chrono::nanoseconds(now).count()));
  return answer == 42 ? 0 : 1;
}
