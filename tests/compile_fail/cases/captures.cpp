// A lambda that captures a value.
#include <muster/muster.hpp>

void work(const muster::LoadBalancedView& view) {
  const int factor = 2;
  view.apply([](int x, int by) { return by * x; }, 3, factor);
  // MISTAKE view.apply([factor](int x) { return factor * x; }, 3);
  // SAYS a task may not capture: pass what it needs as arguments
}
