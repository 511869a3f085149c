// A bound value is the same in every item, and has no end.
#include <vector>

#include <muster/muster.hpp>

int sum(int a, int b);

void work(const muster::LoadBalancedView& view) {
  view.map<sum>(muster::same(1), std::vector{2});
  // MISTAKE view.map<sum>(muster::same(1), muster::same(2));
  // SAYS map reads ranges, one for each parameter of the task
}
