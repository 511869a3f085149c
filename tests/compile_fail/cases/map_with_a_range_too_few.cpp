// One range for a function of two parameters.
#include <vector>

#include <muster/muster.hpp>

int add(int a, int b);

void work(const muster::LoadBalancedView& view, const std::vector<int>& xs) {
  std::vector<int> sums = view.map<add>(xs, xs).get();
  // MISTAKE std::vector<int> sums = view.map<add>(xs).get();
  // SAYS wrong number of arguments for this task
}
