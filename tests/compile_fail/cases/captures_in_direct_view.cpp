// A lambda that captures, on engines that are named.
#include <muster/muster.hpp>

int twice(int x);

void work(const muster::Client& client, int n) {
  client[{0, 2}].apply<twice>(n);
  // MISTAKE client[{0, 2}].apply([n] { return 2 * n; });
  // SAYS a task may not capture: pass what it needs as arguments
}
