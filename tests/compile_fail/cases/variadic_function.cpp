// A function in the manner of printf.
#include <muster/muster.hpp>

int sum(int count, int each);
int sum_all(int count, ...);

void work(const muster::LoadBalancedView& view) {
  view.apply<sum>(2, 3);
  // MISTAKE view.apply<sum_all>(2, 3);
  // SAYS a task needs one definite signature: choose it with muster::as<int(int)>(f)
}
