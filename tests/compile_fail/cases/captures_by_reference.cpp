// A lambda that would write to the caller's variable.
#include <muster/muster.hpp>

void work(const muster::LoadBalancedView& view) {
  int sum = 0;
  sum += view.apply([](int x) { return x; }, 3).get();
  // MISTAKE view.apply([&](int x) { sum += x; }, 3);
  // SAYS a task may not capture: pass what it needs as arguments
}
