// A call with one argument more than the function has parameters.
#include <chrono>

#include <muster/muster.hpp>

int add(int a, int b);

void work(const muster::LoadBalancedView& view) {
  auto sum = view.apply<add>(1, 2);
  // MISTAKE auto sum = view.apply<add>(1, 2, 3);
  // SAYS wrong number of arguments for this task
  if (sum.wait_for(std::chrono::seconds(1))) sum.cancel();
}
