// A function as a value.
#include <muster/muster.hpp>

int twice(int x);

void work(const muster::LoadBalancedView& view) {
  view.apply<twice>(3);
  // MISTAKE view.apply(twice, 3);
  // SAYS write apply<f>(...): a task is named when the program is compiled
}
