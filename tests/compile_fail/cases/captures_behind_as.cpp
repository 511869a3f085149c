// A signature doesn't take the captures away.
#include <muster/muster.hpp>

void work(const muster::LoadBalancedView& view, int factor) {
  view.apply(muster::as<int(int)>([](auto x) { return 2 * x; }), factor);
  // MISTAKE view.apply(muster::as<int(int)>([factor](auto x) { return factor * x; }), 3);
  // SAYS a task may not capture: pass what it needs as arguments
}
