// An address in an engine means nothing here.
#include <memory>

#include <muster/muster.hpp>

void work(const muster::LoadBalancedView& view) {
  view.apply([](int x) { return std::make_unique<int>(x); }, 3);
  // MISTAKE view.apply([](int x) { return new int(x); }, 3);
  // SAYS a task returns a value, not a pointer or a view into the engine
}
