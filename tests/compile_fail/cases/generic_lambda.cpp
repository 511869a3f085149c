// A lambda with a parameter of any type.
#include <muster/muster.hpp>

void work(const muster::LoadBalancedView& view) {
  view.apply([](int x) { return 2 * x; }, 3);
  // MISTAKE view.apply([](auto x) { return 2 * x; }, 3);
  // SAYS a task needs one definite signature: choose it with muster::as<int(int)>(f)
}
