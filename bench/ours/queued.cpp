// Fills a cluster's queue: a task that doesn't end on each engine, and many behind them. Prints the
// bytes of an encoded body, and this process' memory before it submits; then it waits for its end.
//   ours_queued TASKS ENGINES

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include <muster/muster.hpp>

#include "bench/resident.hpp"

namespace muster::bench {
namespace {

constexpr std::size_t queued_body_bytes = 100;

void block() {
  std::this_thread::sleep_for(std::chrono::hours(1));
}

void no_op(const std::string&) {}

void run(std::size_t tasks, std::size_t engines) {
  const LoadBalancedView view = Client().load_balanced_view();
  const std::string body(queued_body_bytes, 'b');
  const auto encoded = detail::encode_arguments(detail::List<const std::string&>{}, body).size();
  std::vector<AsyncResult<void>> results;
  results.reserve(tasks + engines);
  std::printf("{\"body_bytes\": %zu, \"resident\": %.0f}\n", encoded, resident_bytes(::getpid()));
  std::fflush(stdout);
  for (std::size_t i = 0; i < engines; ++i)
    results.push_back(view.apply<block>());
  for (std::size_t i = 0; i < tasks; ++i)
    results.push_back(view.apply<no_op>(body));
  ::pause();
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  muster::bench::run(argc > 1 ? static_cast<std::size_t>(std::atol(argv[1])) : 1'000'000,
                     argc > 2 ? static_cast<std::size_t>(std::atol(argv[2])) : 4);
}
