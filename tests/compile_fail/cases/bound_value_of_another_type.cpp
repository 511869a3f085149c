// A bound value is decoded once as what it is, so it can't be converted.
#include <muster/muster.hpp>

double weigh(double weight, int x);

void work(const muster::LoadBalancedView& view) {
  view.apply<weigh>(muster::same(1.5), 3);
  // MISTAKE view.apply<weigh>(muster::same(1), 3);
  // SAYS a bound value has to be of the parameter's own type: write muster::same<T>(value)
}
