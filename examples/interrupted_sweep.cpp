// A long map that may be interrupted, by Ctrl-C or by the machine: what it has by then is in a
// file, and the next run goes on from there.
//   build/interrupted_sweep sweep.finished      as often as you like

#include <cmath>
#include <iostream>
#include <ranges>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <muster/muster.hpp>

namespace {

/// How far a ball flies that is thrown at this angle, with the drag of air, and who has found out.
std::pair<double, int> flight(double degrees) {
  const double angle = degrees / 180 * std::acos(-1.0);
  double x = 0, y = 0, vx = 30 * std::cos(angle), vy = 30 * std::sin(angle);
  for (const double step = 1e-5; y >= 0;) {
    const double drag = 0.01 * std::hypot(vx, vy);
    vx -= drag * vx * step;
    vy -= (9.81 + drag * vy) * step;
    x += vx * step;
    y += vy * step;
  }
  return {x, ::getpid()};
}

double angle_of(int n) {
  return 1 + n * 88.0 / 399;
}

}  // namespace

int main(int argc, char** argv) {
  const muster::Cluster cluster({.engines = 4});
  const auto pids = cluster.all().apply([] { return static_cast<int>(::getpid()); }).get();
  const std::set<int> ours(pids.begin(), pids.end());
  const auto view = cluster.load_balanced_view(
      {.key = "flights", .resume = argc > 1 ? argv[1] : "sweep.finished"});
  double farthest = 0, best = 0;
  int earlier = 0, n = 0;
  for (const auto& [distance, pid] :
       view.map<flight>(std::views::iota(0, 400) | std::views::transform(angle_of))) {
    if (!ours.contains(pid)) ++earlier;
    if (distance > farthest) farthest = distance, best = angle_of(n);
    ++n;
  }
  std::cout << "farthest at " << best << " degrees: " << farthest << " m; " << earlier << " of "
            << n << " flights were known from earlier runs\n";
}
