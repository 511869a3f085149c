// The same mistake in a map.
#include <vector>

#include <muster/muster.hpp>

void work(const muster::LoadBalancedView& view, const std::vector<int>& xs, int factor) {
  auto ys = view.map([](int x) { return 2 * x; }, xs);
  // MISTAKE auto ys = view.map([factor](int x) { return factor * x; }, xs);
  // SAYS a task may not capture: pass what it needs as arguments
  for (int y : ys) {
    factor += y;
  }
}
