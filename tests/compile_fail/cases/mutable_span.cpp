// A view through which a function would change the caller's array.
#include <span>
#include <vector>

#include <muster/muster.hpp>

void work(const muster::LoadBalancedView& view, const std::vector<double>& xs) {
  view.apply([](std::span<const double> of) { return of.size(); }, xs);
  // MISTAKE view.apply([](std::span<double> of) { return of.size(); }, xs);
  // SAYS a task cannot take a mutable reference: return the new value
}
