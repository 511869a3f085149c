// The name of two functions. Which one is meant isn't known before apply's template argument is, so
// the sentence is the compiler's own.
#include <muster/muster.hpp>

int twice(int x);
double twice(double x);

void work(const muster::LoadBalancedView& view) {
  view.apply<muster::as<int(int)>(twice)>(3);
  // MISTAKE view.apply<twice>(3);
  // SAYS FIRST no matching
}
