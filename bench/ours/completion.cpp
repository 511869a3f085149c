// How long many tasks that do nothing take until the program has looked at all their results: in
// the order in which it submitted them, or as they come.
//   ours_completion in_order|as_completed TASKS ENGINES

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <muster/muster.hpp>

#include "bench/ours/all_engines.hpp"
#include "bench/rate.hpp"

namespace muster::bench {
namespace {

void no_op(const std::string&) {}

void run(bool in_order, std::size_t tasks, std::size_t engines) {
  const LoadBalancedView view = Client().load_balanced_view();
  reach_all_engines(view, engines);
  const std::string body(body_bytes, 'b');
  std::vector<AsyncResult<void>> results;
  results.reserve(tasks);
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < tasks; ++i)
    results.push_back(view.apply<no_op>(body));
  if (in_order) {
    for (const AsyncResult<void>& result : results)
      result.get();
  } else {
    for (const AsyncResult<void>& result : as_completed(results))
      result.get();
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("{\"tasks_per_s\": %.0f}\n", static_cast<double>(tasks) / took.count());
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  const std::string_view order = argc == 4 ? argv[1] : "";
  if (order != "in_order" && order != "as_completed") {
    std::fprintf(stderr, "ours_completion in_order|as_completed TASKS ENGINES\n");
    return 2;
  }
  muster::bench::run(order == "in_order", static_cast<std::size_t>(std::atol(argv[2])),
                     static_cast<std::size_t>(std::atol(argv[3])));
}
