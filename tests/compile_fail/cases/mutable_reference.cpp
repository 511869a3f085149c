// A function that would change its argument in place.
#include <vector>

#include <muster/muster.hpp>

std::vector<int> sorted(std::vector<int> xs);
void sort(std::vector<int>& xs);

void work(const muster::LoadBalancedView& view, std::vector<int> xs) {
  view.apply<sorted>(xs);
  // MISTAKE view.apply<sort>(xs);
  // SAYS a task cannot take a mutable reference: return the new value
}
