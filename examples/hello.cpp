// Ten lines: this program's own lambda, run on two engines that it starts and ends itself.
#include <iostream>

#include <muster/muster.hpp>

int main() {
  muster::Cluster cluster({.engines = 2});
  auto answer = cluster.load_balanced_view().apply([](int a, int b) { return a * b; }, 6, 7);
  std::cout << "6 * 7 = " << answer.get() << ", says process " << answer.info().pid << '\n';
}
