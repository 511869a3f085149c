// A reference more than there are parameters.
#include <muster/muster.hpp>

double norm(const std::vector<double>& x);

void work(const muster::DirectView& view) {
  view.apply<norm>(muster::Reference{"x"});
  // MISTAKE view.apply<norm>(muster::Reference{"x"}, muster::Reference{"y"});
  // SAYS wrong number of arguments for this task
}
