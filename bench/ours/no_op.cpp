// How many tasks that do nothing a cluster runs in a second, each submitted by itself with a result
// of its own, 1,024 outstanding.
//   ours_no_op SECONDS ENGINES [BODY_BYTES [OUTSTANDING]]

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <string>

#include <muster/muster.hpp>

#include "bench/ours/all_engines.hpp"
#include "bench/rate.hpp"

namespace muster::bench {
namespace {

/// Between two looks at the clock.
constexpr int batch = 256;

void no_op(const std::string&) {}

void run(double seconds, std::size_t engines, std::size_t bytes, std::size_t outstanding) {
  const LoadBalancedView view = Client().load_balanced_view();
  reach_all_engines(view, engines);
  const std::string body(bytes, 'b');
  std::deque<AsyncResult<void>> open;
  std::uint64_t ended = 0;
  for (Rate rate(seconds);;) {
    for (int i = 0; i < batch; ++i) {
      if (open.size() == outstanding) {
        open.front().get();
        open.pop_front();
        ++ended;
      }
      open.push_back(view.apply<no_op>(body));
    }
    if (rate.goes_on(ended)) continue;
    rate.print();
    return;
  }
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  muster::bench::run(
      argc > 1 ? std::atof(argv[1]) : 1.0,
      argc > 2 ? static_cast<std::size_t>(std::atol(argv[2])) : 4,
      argc > 3 ? static_cast<std::size_t>(std::atol(argv[3])) : muster::bench::body_bytes,
      argc > 4 ? static_cast<std::size_t>(std::atol(argv[4])) : muster::bench::window);
}
