// pi from random points: monte_carlo_pi [SAMPLES [ENGINES]]. The points that fall into the quarter
// of a circle are counted by many independent tasks, each with a seed of its own, so that the
// answer depends on the number of samples and not on who computed what.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numbers>
#include <random>
#include <vector>

#include <muster/muster.hpp>

constexpr std::uint64_t samples_per_task = 1'000'000;

std::uint64_t points_inside(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> coordinate;
  std::uint64_t inside = 0;
  for (std::uint64_t i = 0; i < samples_per_task; ++i) {
    const double x = coordinate(random);
    const double y = coordinate(random);
    if (x * x + y * y < 1) ++inside;
  }
  return inside;
}

int main(int argc, char** argv) try {
  const double wanted = argc > 1 ? std::atof(argv[1]) : 50e6;
  const int engines = argc > 2 ? std::atoi(argv[2]) : 4;
  std::vector<std::uint64_t> seeds(std::max<std::size_t>(
      1, static_cast<std::size_t>(std::ceil(wanted / static_cast<double>(samples_per_task)))));
  for (std::size_t i = 0; i < seeds.size(); ++i)
    seeds[i] = i + 1;

  muster::Cluster cluster({.engines = engines});
  auto tasks = cluster.load_balanced_view().map<points_inside>(seeds);
  std::uint64_t inside = 0;
  for (const std::uint64_t count : tasks)
    inside += count;

  const auto samples = static_cast<double>(seeds.size() * samples_per_task);
  const double share = static_cast<double>(inside) / samples;
  const double error = 4 * std::sqrt(share * (1 - share) / samples);
  std::printf("pi is about %.6f +- %.6f, off by %.6f, from %.0f samples in %zu tasks\n", 4 * share,
              error, std::abs(4 * share - std::numbers::pi), samples, seeds.size());
  using Seconds = std::chrono::duration<double>;
  std::printf("%.2f s of computing in %.2f s\n", Seconds(tasks.serial_time()).count(),
              Seconds(tasks.wall_time()).count());
} catch (const std::exception& error) {
  return std::fprintf(stderr, "monte_carlo_pi: %s\n", error.what()), 1;
}
