// A wave on a square membrane. Each engine keeps a band of its rows, between steps only the rows at
// the borders travel; one process computes the same, to be compared bit by bit.
#include <cmath>
#include <cstdio>
#include <vector>

#include <muster/muster.hpp>

using muster::Reference;
using Row = std::vector<double>;
using Band = std::vector<Row>;  // with a row of its neighbour, or of the rim, at both ends
constexpr int size = 96, steps = 150, engines = 4, rows = size / engines;

Band plucked(int first, int count) {
  Band band(count + 2, Row(size));
  for (int i = 1; i <= count; ++i)
    for (int j = 1; j < size - 1; ++j)
      band[i][j] = std::exp(-0.02 * (std::pow(first + i - 30, 2) + std::pow(j - 40, 2)));
  return band;
}

void advance(Band& v, Band& u) {  // by one step: u is how it stands now, v how it stood before
  for (std::size_t i = 1; i + 1 < u.size(); ++i)
    for (int j = 1; j < size - 1; ++j)
      v[i][j] = 0.4 * (u[i - 1][j] + u[i + 1][j] + u[i][j - 1] + u[i][j + 1] + u[i][j]) - v[i][j];
  std::swap(v, u);
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

int main() {
  muster::Cluster cluster({.engines = engines});
  const auto all = cluster.all();
  for (int i = 0; i < engines; ++i)
    cluster[i].apply<keep>(plucked(i * rows, rows), plucked(i * rows, rows));
  Band old = plucked(0, size), now = old;
  for (int n = 0; n < steps; ++n, advance(old, now)) {
    const auto tops = all.pull<Row>("top").get(), bottoms = all.pull<Row>("bottom").get();
    for (int i = 0; i < engines; ++i) {
      cluster[i].push("above", i == 0 ? Row(size) : bottoms[i - 1]);
      cluster[i].push("below", i == engines - 1 ? Row(size) : tops[i + 1]);
    }
    all.apply<step>(Reference{"above"}, Reference{"below"}, Reference{"old"}, Reference{"now"});
  }
  int same = 0;
  for (const Band& band : all.pull<Band>("now").get())
    for (int i = 1; i <= rows; ++i)
      same += band[i] == now[same + 1];
  std::printf("after %d steps %d of %d rows are as in one process\n", steps, same, size);
}
