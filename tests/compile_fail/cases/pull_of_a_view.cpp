// A view into the engine is asked for.
#include <span>
#include <vector>

#include <muster/muster.hpp>

double first(muster::Context& context) {
  return context.pull<std::vector<double>>("x")[0];
  // MISTAKE return context.pull<std::span<const double>>("x")[0];
  // SAYS FIRST pull what was pushed: a std::vector or a std::string, not a view of it
}
