// What else a pool does: callbacks while the main program works, results as they come, a task that
// takes longer than one wants to wait, and input without an end.
#include <chrono>
#include <cstdio>
#include <numeric>
#include <ranges>
#include <thread>
#include <vector>

#include <muster/muster.hpp>

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

int square(int x) {
  return x * x;
}
double nap(double seconds) {
  std::this_thread::sleep_for(Seconds(seconds));
  return seconds;
}
void sleep_for_long() {
  std::this_thread::sleep_for(10s);
}

int main() {
  muster::Pool pool(4);
  const auto begin = std::chrono::steady_clock::now();
  double total = 0;
  for (int i = 1; i <= 12; ++i) {
    pool.apply_async<nap>({0.01 * i}, {.callback = [&](double seconds) {
                            total += seconds;  // one callback at a time
                            const Seconds wall = std::chrono::steady_clock::now() - begin;
                            std::printf("done: %.2f s; in all %.2f s of work in %.2f s\n", seconds,
                                        total, wall.count());
                          }});
  }
  std::printf("the main program works meanwhile: %d\n", square(12));
  pool.client().wait();

  int sum = 0;
  for (auto [i, y] : pool.imap_unordered<square>(std::views::iota(0, 100)))
    sum += y;
  std::printf("the sum of 100 squares is %d\n", sum);

  auto late = pool.apply_async<sleep_for_long>();
  try {
    late.get(1s);
  } catch (const muster::TimedOut&) {
    std::printf("we lacked patience; the pool is there for more: %d\n", pool.apply<square>(20));
  }

  int used = 0;
  for (int y : pool.imap<square>(std::views::iota(0), {.max_tasks_active = 16}))
    if (++used == 1000) {
      std::printf("the 1000th square of endlessly many is %d\n", y);
      break;
    }
  pool.terminate();  // the late one need not be waited for
}
