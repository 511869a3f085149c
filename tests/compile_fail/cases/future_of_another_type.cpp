// The result of a task that gives another type than the next one takes.
#include <muster/muster.hpp>

int twice(int x);
double half(int x);

void work(const muster::LoadBalancedView& view) {
  view.apply<twice>(view.apply<twice>(3));
  // MISTAKE view.apply<twice>(view.apply<half>(3));
  // SAYS a task's result as an argument has to be of the parameter's own type
}
