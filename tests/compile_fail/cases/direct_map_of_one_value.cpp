// A direct view's map is given a value for a range.
#include <vector>

#include <muster/muster.hpp>

int twice(int x);

void work(const muster::DirectView& view) {
  view.map<twice>(std::vector{3});
  // MISTAKE view.map<twice>(3);
  // SAYS map reads ranges, one for each parameter of the task: for a single call write apply
}
