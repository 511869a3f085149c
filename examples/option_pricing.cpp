// European call options, by random walks of the share's price and by the formula of Black and
// Scholes: option_pricing [PATHS [ENGINES]]. Each task has its own seed, always the same one.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include <muster/muster.hpp>

constexpr std::array strikes = {80.0, 90.0, 100.0, 110.0, 120.0};
constexpr double price = 100, rate = 0.05, volatility = 0.25, years = 1;
constexpr int paths_per_task = 20'000, steps = 50;

struct Sums {  // of what each option pays, and of its square
  std::array<double, strikes.size()> values{}, squares{};
  MSGPACK_DEFINE(values, squares)
};

Sums follow_paths(muster::Context& context, int) {
  std::mt19937_64 random(context.seed());
  std::normal_distribution<double> step((rate - volatility * volatility / 2) * years / steps,
                                        volatility * std::sqrt(years / steps));
  Sums sums;
  for (int path = 0; path < paths_per_task; ++path) {
    double growth = 0;
    for (int i = 0; i < steps; ++i)
      growth += step(random);
    for (std::size_t i = 0; i < strikes.size(); ++i) {
      const double pays = std::max(0.0, price * std::exp(growth) - strikes[i]);
      sums.values[i] += pays, sums.squares[i] += pays * pays;
    }
  }
  return sums;
}

double by_formula(double strike) {
  const auto normal = [](double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; };
  const double spread = volatility * std::sqrt(years);
  const double d = (std::log(price / strike) + rate * years) / spread + spread / 2;
  return price * normal(d) - strike * std::exp(-rate * years) * normal(d - spread);
}

int main(int argc, char** argv) {
  const std::vector<int> tasks((argc > 1 ? std::atoi(argv[1]) : 2'000'000) / paths_per_task);
  muster::Cluster cluster({.engines = argc > 2 ? std::atoi(argv[2]) : 4});
  Sums all;
  for (const Sums& sums : cluster.load_balanced_view().map<follow_paths>(tasks))
    for (std::size_t i = 0; i < strikes.size(); ++i)
      all.values[i] += sums.values[i], all.squares[i] += sums.squares[i];
  const double n = 1.0 * paths_per_task * tasks.size(), now = std::exp(-rate * years);
  for (std::size_t i = 0; i < strikes.size(); ++i) {
    const double mean = all.values[i] / n, exact = by_formula(strikes[i]);
    const double error = now * std::sqrt((all.squares[i] / n - mean * mean) / n);
    std::printf("strike %3.0f: %7.4f +- %.4f, by the formula %7.4f, %.1f standard errors apart\n",
                strikes[i], now * mean, error, exact, std::abs(now * mean - exact) / error);
  }
}
