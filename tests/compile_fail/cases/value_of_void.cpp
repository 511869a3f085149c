// A task that returns nothing has nothing to get.
#include <muster/muster.hpp>

void rest(int seconds);

void work(const muster::LoadBalancedView& view) {
  view.apply<rest>(3).get();
  // MISTAKE int left = view.apply<rest>(3).get();
  // SAYS void
}
