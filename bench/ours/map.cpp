// How many numbers a second a map squares.
//   ours_map ITEMS ENGINES

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ranges>

#include <muster/muster.hpp>

#include "bench/ours/all_engines.hpp"

namespace muster::bench {
namespace {

std::int64_t square(std::int64_t number) {
  return number * number;
}

void run(std::int64_t items, std::size_t engines) {
  const LoadBalancedView view = Client().load_balanced_view();
  reach_all_engines(view, engines);
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t total = 0;
  for (const std::int64_t result : view.map<square>(std::views::iota(std::int64_t{0}, items)))
    total += static_cast<std::uint64_t>(result);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::uint64_t expected = 0;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(items); ++i)
    expected += i * i;
  if (total != expected) std::abort();
  std::printf("{\"items_per_s\": %.0f}\n", static_cast<double>(items) / took.count());
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  muster::bench::run(argc > 1 ? std::atoll(argv[1]) : 1'000'000,
                     argc > 2 ? static_cast<std::size_t>(std::atol(argv[2])) : 4);
}
