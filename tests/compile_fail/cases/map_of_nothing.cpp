// A map without input.
#include <vector>

#include <muster/muster.hpp>

int roll();
int roll_with(int sides);

void work(const muster::LoadBalancedView& view) {
  view.map<roll_with>(std::vector{6, 6});
  // MISTAKE view.map<roll>();
  // SAYS map reads ranges, one for each parameter of the task: for a single call write apply
}
