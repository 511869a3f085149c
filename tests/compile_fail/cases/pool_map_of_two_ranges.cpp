// The ranges of a view's map, for a pool's.
#include <vector>

#include <muster/muster.hpp>

double scaled(int x, double by);

void work(muster::Pool& pool, const std::vector<int>& xs, const std::vector<double>& ys) {
  pool.load_balanced_view().map<scaled>(xs, ys);
  // MISTAKE pool.map<scaled>(xs, ys);
  // SAYS a pool's map reads one range
}
