// What can't be copied has to be given away.
#include <memory>
#include <utility>

#include <muster/muster.hpp>

int take(std::unique_ptr<int> value);

void work(const muster::LoadBalancedView& view, std::unique_ptr<int> value) {
  view.apply<take>(std::move(value));
  // MISTAKE view.apply<take>(value);
  // SAYS argument does not convert to the task's parameter
}
