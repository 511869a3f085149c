// Four random searches for the lowest point of a landscape. Each prints what it finds, publishes
// where it stands and says how far it is; the program looks at them while they run.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <random>

#include <muster/muster.hpp>

struct Place {
  double x = 0, y = 0, height = 1e9;
  MSGPACK_DEFINE(x, y, height)
};

double height(double x, double y) {
  return 0.1 * (x * x + y * y) - std::cos(3 * x) * std::cos(2 * y + 0.5) * std::exp(-0.05 * x * x);
}

Place search(muster::Context& context, int steps) {
  std::mt19937_64 random(context.seed());
  std::normal_distribution<double> step(0, 1);
  Place best;
  for (int i = 0; i < steps; ++i) {
    const double reach = 0.02 + 3.0 * (steps - i) / steps;
    Place next{best.x + reach * step(random), best.y + reach * step(random)};
    next.height = height(next.x, next.y);
    if (next.height < best.height - 1e-3) {
      std::printf("step %d: %.3f at (%.2f, %.2f)\n", i, next.height, next.x, next.y);
    }
    if (next.height < best.height) context.publish(best = next);
    context.progress(i, steps);
  }
  return best;
}

int main() {
  using namespace std::chrono_literals;
  const muster::Cluster cluster({.engines = 4});
  const auto searches = cluster.all().apply<search>(3'000'000);
  while (!searches.wait_for(200ms)) {
    std::printf("%3.0f %%, lowest so far:", *searches.progress().fraction() * 100);
    for (const auto& each : searches)
      std::printf("  %.5f", each.published<Place>().value_or(Place{}).height);
    std::printf("\n");
  }
  std::fflush(stdout);
  searches.display_outputs({.group_by = muster::GroupBy::engine});
  Place lowest;
  for (const Place& place : searches.get())
    if (place.height < lowest.height) lowest = place;
  std::printf("the lowest is %.5f at (%.3f, %.3f) of %zu searches\n", lowest.height, lowest.x,
              lowest.y, searches.size());
}
