// One table for all workers, and one array that all of them write: a histogram of a million random
// walks, whose steps come from a table of 32 MB that is in memory once, however many workers there
// are.
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <numeric>
#include <random>
#include <vector>

#include <muster/muster.hpp>

using Table = std::vector<float>;
using Counts = muster::SharedArray<long>;

constexpr int walks = 1'000'000;
constexpr std::size_t bins = 16;

/// Walks from a place in the table on, and counts where it ends.
void walk(int number, muster::Context& context) {
  const auto steps = context.shared<Table>("steps");  // std::span<const float>, where they lie
  float place = 0;
  for (std::size_t i = 0; i < 64; ++i)
    place += steps[(static_cast<std::size_t>(number) * 7919 + i) % steps.size()];
  const float bin = std::clamp(place / 4 + bins / 2, 0.0F, bins - 1.0F);
  // Each worker has a row of its own, so that none waits for another.
  const auto& counts = context.shared<Counts>("counts");
  ++counts[static_cast<std::size_t>(context.engine()) * bins + static_cast<std::size_t>(bin)];
}

int main() {
  constexpr std::size_t workers = 4;
  muster::Pool pool(workers);
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  Table steps(std::size_t{8} << 20);
  std::generate(steps.begin(), steps.end(), [&] { return normal(random); });
  const Counts counts(workers * bins);
  pool.set_shared("steps", steps);
  pool.set_shared("counts", counts);

  std::vector<int> numbers(walks);
  std::iota(numbers.begin(), numbers.end(), 0);
  pool.map<walk>(numbers);

  long sum = 0;
  for (std::size_t bin = 0; bin < bins; ++bin) {
    long count = 0;
    for (std::size_t worker = 0; worker < workers; ++worker)
      count += counts[worker * bins + bin];
    std::printf("%3d  %7ld  %.*s\n", static_cast<int>(bin) * 4 - 32, count,
                static_cast<int>(count / 4000),
                "##################################################################");
    sum += count;
  }
  std::printf("%ld walks\n", sum);
  return sum == walks ? 0 : 1;
}
