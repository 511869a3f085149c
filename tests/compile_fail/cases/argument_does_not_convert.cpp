// A text where a number belongs.
#include <muster/muster.hpp>

int twice(int x);

void work(const muster::LoadBalancedView& view) {
  view.apply<twice>(3);
  // MISTAKE view.apply<twice>("three");
  // SAYS argument does not convert to the task's parameter
}
