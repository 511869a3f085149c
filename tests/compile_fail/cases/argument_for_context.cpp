// What the engine supplies isn't passed.
#include <stop_token>

#include <muster/muster.hpp>

int anneal(muster::Context& context, int steps);

void work(const muster::LoadBalancedView& view, muster::Context& context) {
  view.apply<anneal>(context.attempt());
  // MISTAKE view.apply<anneal>(context, context.attempt());
  // SAYS wrong number of arguments for this task
}
