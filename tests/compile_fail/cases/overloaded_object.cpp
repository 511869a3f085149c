// A function object with two call operators.
#include <muster/muster.hpp>

struct Twice {
  int operator()(int x) const { return 2 * x; }
  double operator()(double x) const { return 2 * x; }
};

void work(const muster::LoadBalancedView& view) {
  view.apply(muster::as<int(int)>(Twice{}), 3);
  // MISTAKE view.apply(Twice{}, 3);
  // SAYS a task needs one definite signature: choose it with muster::as<int(int)>(f)
}
