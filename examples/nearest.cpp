// Which class a point belongs to, by the points nearest to it whose classes are known. These are
// 2 MB that every task needs: they go to each engine once, however many tasks and maps there are.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

#include <muster/muster.hpp>

struct Samples {
  std::vector<double> x, y;
  std::vector<int> kind;
  MSGPACK_DEFINE(x, y, kind)
};

/// Two spirals, one of each kind, that aren't drawn sharply.
Samples spirals(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> along(0.5, 4 * 3.14159);
  std::normal_distribution<double> beside(0, 0.9);
  Samples samples;
  for (std::size_t i = 0; i < count; ++i) {
    const int kind = static_cast<int>(i % 2);
    const double t = along(random), turned = t + kind * 3.14159;
    samples.x.push_back(t * std::cos(turned) + beside(random));
    samples.y.push_back(t * std::sin(turned) + beside(random));
    samples.kind.push_back(kind);
  }
  return samples;
}

int kind_of(const Samples& known, int nearest, double x, double y) {
  std::vector<std::pair<double, int>> near(known.x.size());
  for (std::size_t i = 0; i < near.size(); ++i)
    near[i] = {std::hypot(known.x[i] - x, known.y[i] - y), known.kind[i]};
  std::nth_element(near.begin(), near.begin() + nearest, near.end());
  int votes = 0;
  for (int i = 0; i < nearest; ++i)
    votes += near[static_cast<std::size_t>(i)].second;
  return 2 * votes > nearest;
}

int main() try {
  const auto known = muster::same(spirals(100'000, 1));
  const Samples unknown = spirals(200, 2);
  muster::Cluster cluster({.engines = 4});
  const auto view = cluster.load_balanced_view();
  for (const int nearest : {1, 9, 81}) {
    // bind_front for what comes first, same() for what stands among the inputs.
    auto kinds =
        view.map(muster::bind_front<kind_of>(known), muster::same(nearest), unknown.x, unknown.y);
    std::size_t right = 0, i = 0;
    for (const int kind : kinds)
      right += kind == unknown.kind[i++];
    std::printf("by the %2d nearest %zu of %zu are right\n", nearest, right, unknown.x.size());
  }
} catch (const std::exception& error) {
  return std::fprintf(stderr, "nearest: %s\n", error.what()), 1;
}
