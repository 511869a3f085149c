// A large body through a task and back.
//   ours_large echo MEGABYTES TIMES      how fast
//   ours_large beside MEGABYTES          how long a small task of another engine takes meanwhile

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <muster/muster.hpp>

#include "bench/latency.hpp"
#include "bench/ours/all_engines.hpp"
#include "bench/rate.hpp"

namespace muster::bench {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t engines = 2;

Bytes echo(Bytes body) {
  return body;
}

std::string echo_small(const std::string& body) {
  return body;
}

void check(const Bytes& sent, const Bytes& got) {
  if (got.size() != sent.size() || got.back() != sent.back()) std::abort();
}

void run_echo(const LoadBalancedView& view, std::size_t megabytes, std::size_t times) {
  const Bytes body(megabytes << 20, 1);
  check(body, view.apply<echo>(body).get());
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < times; ++i)
    check(body, view.apply<echo>(body).get());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("{\"mb_per_s\": %.1f}\n", static_cast<double>(megabytes * times) / took.count());
}

/// By a connection of their own: one with so much open takes no more.
void run_beside(const LoadBalancedView& view, std::size_t megabytes) {
  const LoadBalancedView small_view = Client().load_balanced_view();
  const Bytes large(megabytes << 20, 1);
  const std::string small(body_bytes, 'b');
  std::atomic<bool> goes_on = true;
  std::thread large_one([&] {
    check(large, view.apply<echo>(large).get());
    goes_on = false;
  });
  std::vector<double> micros;
  while (goes_on)
    micros.push_back(micros_of([&] { small_view.apply<echo_small>(small).get(); }));
  large_one.join();
  print_percentiles(std::move(micros));
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) try {
  using namespace muster::bench;
  const std::string_view what = argc > 2 ? argv[1] : "";
  if (what != "echo" && what != "beside") {
    std::fprintf(stderr, "ours_large echo MEGABYTES TIMES | beside MEGABYTES\n");
    return 2;
  }
  const muster::LoadBalancedView view = muster::Client().load_balanced_view();
  reach_all_engines(view, engines);
  const auto megabytes = static_cast<std::size_t>(std::atol(argv[2]));
  if (what == "beside") {
    run_beside(view, megabytes);
  } else {
    run_echo(view, megabytes, argc > 3 ? static_cast<std::size_t>(std::atol(argv[3])) : 1);
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "ours_large: %s\n", error.what());
  return 1;
}
