// A task module: functions that programs call by name, which are linked with nothing of it. They
// are written as in any program, and exported.
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include <muster/module.hpp>

namespace shapes {

double circle(double radius) {
  if (radius < 0) throw std::domain_error("no circle has a radius below 0");
  return M_PI * radius * radius;
}

// A polygon's, from the corners' coordinates, in their order.
double polygon(const std::vector<double>& xs, const std::vector<double>& ys) {
  double twice = 0;
  for (std::size_t i = 0, last = xs.size() - 1; i < xs.size(); last = i++)
    twice += (xs[last] + xs[i]) * (ys[i] - ys[last]);
  return std::abs(twice) / 2;
}

// What the engine supplies may be asked for here, too.
std::string describe(const muster::Context& context, const std::string& name) {
  return name + ", by the module, on engine " + std::to_string(context.engine());
}

}  // namespace shapes

// Under the names that they have here, with the namespace; a lambda needs one.
static const muster::Exports<shapes::circle, shapes::polygon, shapes::describe> exported;
static const muster::Exports<[](double side) { return side * side; }> lambda{"shapes::square"};
