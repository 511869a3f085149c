// A wave on a square membrane: wave [ENGINES]. Each engine keeps a band of its rows; between steps
// only the rows at the borders travel. One process computes the same, to be compared bit by bit.
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <muster/muster.hpp>

using Row = std::vector<double>;
using Band = std::vector<Row>;  // with a row of its neighbour, or of the rim, at both ends
constexpr int size = 96, steps = 150;

Band plucked(int first, int rows) {
  Band band(rows + 2, Row(size));
  for (int i = 1; i <= rows; ++i)
    for (int j = 1; j < size - 1; ++j)
      band[i][j] = std::exp(-0.02 * (std::pow(first + i - 30, 2) + std::pow(j - 40, 2)));
  return band;
}

void advance(Band& old, Band& now) {  // one step of time
  for (std::size_t i = 1; i + 1 < now.size(); ++i)
    for (int j = 1; j < size - 1; ++j) {
      const double around = now[i - 1][j] + now[i + 1][j] + now[i][j - 1] + now[i][j + 1];
      old[i][j] = 2 * now[i][j] - old[i][j] + 0.4 * (around - 4 * now[i][j]);
    }
  std::swap(old, now);
}

void keep(muster::Context& engine, Band old, Band now) {  // runs on engines, as step does
  engine.push("top", now[1]);
  engine.push("bottom", now[now.size() - 2]);
  engine.push("old", std::move(old));
  engine.push("now", std::move(now));
}
void step(muster::Context& engine, const Row& above, const Row& below, Band old, Band now) {
  now.front() = above, now.back() = below;
  advance(old, now);
  keep(engine, std::move(old), std::move(now));
}

int main(int argc, char** argv) {
  const int engines = argc > 1 ? std::stoi(argv[1]) : 4, rows = size / engines;
  muster::Cluster cluster({.engines = engines});
  const auto all = cluster.all();
  for (int i = 0; i < engines; ++i)
    cluster[i].apply<keep>(plucked(i * rows, rows), plucked(i * rows, rows));
  Band old = plucked(0, rows * engines), now = old;
  for (int n = 0; n < steps; ++n, advance(old, now)) {
    const auto tops = all.pull<Row>("top").get(), bottoms = all.pull<Row>("bottom").get();
    for (int i = 0; i < engines; ++i) {
      cluster[i].push("above", i == 0 ? Row(size) : bottoms[i - 1]);
      cluster[i].push("below", i == engines - 1 ? Row(size) : tops[i + 1]);
    }
    using muster::Reference;
    all.apply<step>(Reference{"above"}, Reference{"below"}, Reference{"old"}, Reference{"now"});
  }
  int same = 0;
  for (const Band& band : all.pull<Band>("now").get())
    for (int i = 1; i <= rows; ++i)
      same += band[i] == now[same + 1];
  std::printf("after %d steps %d of %d rows are as in one process\n", steps, same, rows * engines);
}
