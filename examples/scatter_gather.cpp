// Data that stays on the engines: dealt out by scatter, worked on there by name, collected by
// gather. And views of some of the engines, which the program names.
#include <cstdio>
#include <exception>
#include <numeric>
#include <span>
#include <vector>

#include <muster/muster.hpp>

using muster::Reference;

double sum(std::span<const double> part) {
  return std::accumulate(part.begin(), part.end(), 0.0);
}

// Puts what it makes where the part was: only names and the mean travel. What a function returns
// that is called for its effect stays there, too.
std::size_t centre(muster::Context& engine, std::vector<double> part, double mean) {
  for (double& x : part)
    x -= mean;
  engine.push("x", part);
  return part.size();
}

int main() try {
  const muster::Cluster cluster({.engines = 4});
  const auto all = cluster.all();
  std::vector<double> numbers(10);
  std::iota(numbers.begin(), numbers.end(), 1.0);

  all.scatter("x", numbers).get();
  const std::vector<double> sums = all.apply<sum>(Reference{"x"}).get();
  std::printf("sums of the parts: %g %g %g %g\n", sums[0], sums[1], sums[2], sums[3]);
  all.push("mean", sum(sums) / static_cast<double>(numbers.size())).get();
  all.execute<centre>(Reference{"x"}, Reference{"mean"}).get();
  const std::vector<double> centred = all.gather<double>("x").get();
  std::printf("centred: from %g to %g, their sum is %g\n", centred.front(), centred.back(),
              sum(centred));

  // Some of them: by their ids, the last one as -1, or by their places.
  const auto ends = cluster[{0, -1}], even = cluster.slice(0, 4, 2);
  ends.push("mean", 0.0).get();
  for (const double mean : cluster.slice(0, 4).pull<double>("mean").get())
    std::printf("%g ", mean);
  std::printf("are the means of the engines\n");
  even.clear("x").get();
  const auto left = all.apply<sum>(Reference{"x"}).get(muster::return_exceptions);
  for (std::size_t i = 0; i < left.size(); ++i)
    std::printf("engine %zu %s\n", i, left[i] ? "has its part" : "has none");
  all.clear().get();
  const auto none = cluster[3].pull<double>("mean").get(muster::return_exceptions);  // UnknownName
  if (centred.size() != 10 || centred.back() != 4.5 || sum(centred) != 0 || left[2] || !left[3] ||
      none)
    return std::fprintf(stderr, "scatter_gather: these are wrong\n"), 1;
} catch (const std::exception& error) {
  return std::fprintf(stderr, "scatter_gather: %s\n", error.what()), 1;
}
