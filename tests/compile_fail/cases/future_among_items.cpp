// Results of tasks as the items of a map.
#include <vector>

#include <muster/muster.hpp>

int twice(int x);

void work(const muster::LoadBalancedView& view) {
  const std::vector<int> items(3);
  // MISTAKE const std::vector<muster::AsyncResult<int>> items(3);
  // SAYS an item of a map is a value, not the result of another task: get() it, or use apply
  view.map<twice>(items);
}
