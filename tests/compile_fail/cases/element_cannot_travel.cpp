// What is in a container has to travel too.
#include <cstddef>
#include <functional>
#include <vector>

#include <muster/muster.hpp>

using Step = double;
// MISTAKE using Step = std::function<double()>;

std::size_t count(const std::vector<Step>& steps);

void work(const muster::LoadBalancedView& view) {
  view.apply<count>(std::vector<Step>(3));
  // SAYS a task's parameter is of a type that cannot travel: give it MSGPACK_DEFINE
}
