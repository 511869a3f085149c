// A muster::Pool of four, in the cells that bench/peers/pools measures of others.
//   ours_pool SHRINK     SHRINK divides how much is done

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <thread>
#include <vector>

#include <muster/muster.hpp>

namespace muster::bench {
namespace {

constexpr int workers = 4;
constexpr std::size_t argument_bytes = std::size_t{512} << 20;  // of each size, together

int no_op(int number) {
  return number;
}
int one_ms(int number) {
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return number;
}
int hundred_ms(int number) {
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  return number;
}
std::size_t length(const std::vector<std::byte>& argument) {
  return argument.size();
}

class Watch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

template <auto F>
double rate(Pool& pool, std::size_t tasks, const MapOptions& options = {}) {
  std::vector<int> numbers(tasks);
  std::iota(numbers.begin(), numbers.end(), 0);
  const Watch watch;
  if (pool.map<F>(numbers, options) != numbers) std::abort();
  return static_cast<double>(tasks) / watch.seconds();
}

double rate_of_arguments(Pool& pool, std::size_t size, std::size_t shrink) {
  const std::size_t count = std::max<std::size_t>(1, argument_bytes / size / shrink);
  const std::vector<std::vector<std::byte>> arguments(count, std::vector<std::byte>(size));
  const Watch watch;
  for (const std::size_t got : pool.map<length>(arguments)) {
    if (got != size) std::abort();
  }
  return static_cast<double>(count) / watch.seconds();
}

/// A map with its bar and the same without, in turns: the middle one of each.
void measure_bar(Pool& pool, std::size_t shrink) {
  constexpr std::size_t turns = 7;
  const std::size_t tasks = std::max<std::size_t>(100, 1'000'000 / shrink);
  std::array<std::vector<double>, 2> rates;
  for (std::size_t turn = 0; turn < turns; ++turn) {
    for (const bool bar : {false, true})
      rates[bar].push_back(rate<no_op>(pool, tasks, {.progress = bar}));
  }
  for (std::vector<double>& each : rates)
    std::sort(each.begin(), each.end());
  std::printf(", \"without_bar_per_s\": %.1f, \"with_bar_per_s\": %.1f", rates[0][turns / 2],
              rates[1][turns / 2]);
}

double cycle_ms(std::size_t times) {
  std::vector<double> samples;
  for (std::size_t i = 0; i < times; ++i) {
    const Watch watch;
    {
      Pool pool(workers);
      if (pool.apply<no_op>(1) != 1) std::abort();
      pool.close();
      pool.join();
    }
    samples.push_back(watch.seconds() * 1e3);
  }
  std::sort(samples.begin(), samples.end());
  return samples[times / 2];
}

void run(std::size_t shrink) {
  {
    Pool pool(workers);
    rate<no_op>(pool, 100);
    std::printf("{\"empty_per_s\": %.1f",
                rate<no_op>(pool, std::max<std::size_t>(100, 200'000 / shrink)));
    std::printf(", \"ms1_per_s\": %.1f",
                rate<one_ms>(pool, std::max<std::size_t>(20, 4000 / shrink)));
    std::printf(", \"ms100_per_s\": %.1f",
                rate<hundred_ms>(pool, std::max<std::size_t>(4, 80 / shrink)));
    struct Size {
      const char* name;
      std::size_t bytes;
    };
    for (const Size& size : std::array{Size{"kb1", 1 << 10}, Size{"kb64", 1 << 16},
                                       Size{"mb1", 1 << 20}, Size{"mb64", 1 << 26}}) {
      std::printf(", \"%s_per_s\": %.2f", size.name, rate_of_arguments(pool, size.bytes, shrink));
    }
    measure_bar(pool, shrink);
  }
  std::printf(", \"cycle_ms\": %.2f}\n", cycle_ms(std::max<std::size_t>(1, 9 / shrink)));
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  muster::bench::run(argc > 1 ? static_cast<std::size_t>(std::atol(argv[1])) : 1);
}
