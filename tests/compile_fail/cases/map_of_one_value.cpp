// A single value where a range belongs.
#include <vector>

#include <muster/muster.hpp>

int twice(int x);

void work(const muster::LoadBalancedView& view) {
  auto ys = view.map<twice>(std::vector{3});
  // MISTAKE auto ys = view.map<twice>(3);
  // SAYS map reads ranges, one for each parameter of the task: for a single call write apply
  for (int y : ys) {
    view.apply<twice>(y);
  }
}
