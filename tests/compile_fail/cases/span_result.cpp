// A view of numbers that stay in the engine.
#include <span>
#include <vector>

#include <muster/muster.hpp>

std::vector<double> half(std::span<const double> xs);
std::span<const double> half_view(std::span<const double> xs);

void work(const muster::LoadBalancedView& view, const std::vector<double>& xs) {
  view.apply<half>(xs);
  // MISTAKE view.apply<half_view>(xs);
  // SAYS a task returns a value, not a pointer or a view into the engine
}
