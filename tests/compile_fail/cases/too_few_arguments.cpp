// A call with one argument less than the function has parameters.
#include <muster/muster.hpp>

int add(int a, int b);

void work(const muster::LoadBalancedView& view) {
  int sum = view.apply<add>(1, 2).get();
  // MISTAKE int sum = view.apply<add>(1).get();
  // SAYS wrong number of arguments for this task
}
