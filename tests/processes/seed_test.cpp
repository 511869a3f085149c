// Context::seed(): random numbers that are the same whatever the cluster does.

#include <algorithm>
#include <cstdint>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/muster.hpp>

#include "tests/processes/patience.hpp"

using muster::Context;
using muster::test::bound;
using Seeds = std::vector<std::uint64_t>;

namespace {

std::uint64_t seed_of(Context& context) {
  return context.seed();
}
std::uint64_t seed_of_item(Context& context, int) {
  return context.seed();
}
std::uint64_t seed_at_second_attempt(int, Context& context) {
  if (context.attempt() == 1) throw std::runtime_error("again");
  return context.seed();
}
std::uint64_t seed_of_text(Context& context, const std::string&) {
  return context.seed();
}
int nothing(int n) {
  return n;
}

std::vector<int> numbers(int count) {
  return std::vector<int>(static_cast<std::size_t>(count), 7);
}

}  // namespace

TEST_CASE("an item of a map has one seed, on any number of engines and on every attempt") {
  const muster::Cluster one({.engines = 1});
  const muster::Cluster three({.engines = 3});
  const auto few = one.load_balanced_view().map<seed_of_item>(numbers(300)).get(bound);
  CHECK(std::set<std::uint64_t>(few.begin(), few.end()).size() == 300);
  CHECK(three.load_balanced_view().map<seed_of_item>(numbers(300)).get(bound) == few);
  CHECK(three.load_balanced_view({.chunk = 7}).map<seed_of_item>(numbers(300)).get(bound) == few);
  CHECK(three.load_balanced_view({.retries = 1})
            .map<seed_at_second_attempt>(numbers(300))
            .get(bound) == few);
  CHECK(three.all().map<seed_of_item>(numbers(300)).get(bound) == few);
  CHECK(one.all().map<seed_of_item>(numbers(300)).get(bound) == few);
  const auto others =
      one.load_balanced_view({.seed = 1}).map<seed_of_item>(numbers(300)).get(bound);
  CHECK(std::set<std::uint64_t>(others.begin(), others.end()).size() == 300);
  CHECK(std::mismatch(few.begin(), few.end(), others.begin()).first == few.begin());
  CHECK(three.all().with({.seed = 1}).map<seed_of_item>(numbers(300)).get(bound) == others);
}

TEST_CASE("each call of a view has another seed, and the same ones come when it begins anew") {
  const muster::Cluster cluster({.engines = 2});
  const auto seeds_of = [&](const muster::LoadBalancedView& view) {
    const auto copy = view;
    Seeds seeds;
    for (int i = 0; i < 3; ++i) {
      seeds.push_back(view.apply<seed_of>().get(bound));
      seeds.push_back(copy.apply<seed_of_text>("a").get(bound));
      view.apply<nothing>(1).get(bound);
    }
    return seeds;
  };
  const Seeds first = seeds_of(cluster.load_balanced_view({.seed = 42}));
  CHECK(std::set<std::uint64_t>(first.begin(), first.end()).size() == 6);
  CHECK(seeds_of(cluster.load_balanced_view().with({.retries = 1, .seed = 42})) == first);
  CHECK(seeds_of(cluster.load_balanced_view())[0] != first[0]);
}

TEST_CASE("engines of one call have different seeds, also where an argument is a name") {
  const muster::Cluster cluster({.engines = 3});
  const auto seeds = cluster.all().apply<seed_of>().get(bound);
  CHECK(std::set<std::uint64_t>(seeds.begin(), seeds.end()).size() == 3);
  CHECK(cluster.all().apply<seed_of>().get(bound) == seeds);  // a view that begins anew
  const auto all = cluster.all();
  CHECK(all.apply<seed_of>().get(bound) == seeds);
  CHECK(all.apply<seed_of>().get(bound) != seeds);
  all.push("text", "x").get(bound);
  CHECK(cluster.all().apply<seed_of_text>(muster::Reference{"text"}).get(bound) == seeds);
  CHECK(cluster[1].apply<seed_of>().get(bound) == seeds[1]);
}

TEST_CASE("random numbers of neighbouring items have nothing in common") {
  const muster::Cluster cluster({.engines = 2});
  const auto draw = [](Context& context, int) {
    std::mt19937_64 random(context.seed());
    return std::uniform_real_distribution<double>(0, 1)(random);
  };
  const auto drawn = cluster.load_balanced_view().map(draw, numbers(4000)).get(bound);
  double mean = 0;
  double together = 0;
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    mean += drawn[i] / 4000;
    together += (drawn[i] - 0.5) * (drawn[(i + 1) % 4000] - 0.5) / 4000 * 12;
  }
  // The seeds are fixed, and so is this: within three standard deviations.
  CHECK(mean == Approx(0.5).margin(0.0137));
  CHECK(together == Approx(0).margin(0.048));
}
