// A search that decides by what it has found what to try next: whenever a trial comes back, another
// one is sent to where the best so far lies. No engine waits for the slowest trial of a round.
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

#include <muster/muster.hpp>

struct Point {
  double x = 0, y = 0;
  MSGPACK_DEFINE(x, y)
};

struct Trial {
  Point at;
  double height = 0;
  MSGPACK_DEFINE(at, height)
};

// Rastrigin's function upside down: a hundred hills, and the highest, of height 0, at (0, 0).
Trial climb(Point at) {
  const auto term = [](double v) { return v * v - 10 * std::cos(2 * M_PI * v) + 10; };
  return {at, -(term(at.x) + term(at.y))};
}

int main() {
  constexpr int trials = 4000, together = 16;
  muster::Cluster cluster({.engines = 4});
  const auto view = cluster.load_balanced_view();
  std::mt19937 random(1);
  std::uniform_real_distribution<double> anywhere(-5, 5);
  std::vector<muster::AsyncResult<Trial>> first;
  for (int i = 0; i < together; ++i)
    first.push_back(view.apply<climb>(Point{anywhere(random), anywhere(random)}));

  Trial best{.at = {}, .height = -1e9};
  int sent = together;
  auto running = muster::as_completed(first);
  for (const auto& result : running) {
    if (const Trial trial = result.get(); trial.height > best.height) best = trial;
    if (sent == trials) continue;
    // Every other one near the best, nearer and nearer; the others to keep off lesser hills.
    const double width = sent % 2 == 0 ? 2 * std::exp(-6.0 * sent / trials) : 5;
    std::normal_distribution<double> step(0, width);
    running.add(view.apply<climb>(Point{best.at.x + step(random), best.at.y + step(random)}));
    ++sent;
  }
  std::printf("%d trials: the highest is %.3f, at (%.3f, %.3f)\n", sent, best.height, best.at.x,
              best.at.y);
}
