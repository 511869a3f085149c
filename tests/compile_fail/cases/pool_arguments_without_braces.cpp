// The arguments of a pool's asynchronous call, as those of apply are given.
#include <muster/muster.hpp>

int sum(int a, int b);

void work(muster::Pool& pool) {
  pool.apply_async<sum>({1, 2});
  // MISTAKE pool.apply_async<sum>(1, 2);
  // SAYS apply_async takes its arguments in braces
}
