// Brings its own cluster, shows all of its symbols to what is loaded into its engines, and has
// functions of the same names as the modules that it loads there.
//   exporting_host MODULE MODULE

#include <cstdio>
#include <string>
#include <vector>

#include <muster/muster.hpp>

namespace jobs {

struct Sample {
  int value = 0;
};

template <class T>
struct Counter {
  static inline int count = 0;
};

inline int base() {
  return 0;
}

int answer(int x) {
  return base() + x;
}

int sum(int n) {
  std::vector<Sample> samples(static_cast<std::size_t>(n));
  samples.emplace_back();
  return static_cast<int>(samples.size()) * samples.front().value + Counter<Sample>::count;
}

}  // namespace jobs

static const muster::Exports<jobs::answer, jobs::sum> exported;

int main(int, char** argv) try {
  constexpr muster::Remote<int(int)> answer{"jobs::answer"};
  constexpr muster::Remote<int(int)> sum{"jobs::sum"};
  muster::Cluster cluster({.engines = 1});
  const auto view = cluster.load_balanced_view();
  std::printf("%d %d %d\n", view.apply<jobs::answer>(9).get(), view.apply<answer>(9).get(),
              view.apply<sum>(2).get());
  for (int i = 1; i < 3; ++i) {
    const auto its = view.from(cluster.client().load(argv[i]));
    std::printf("%d %d\n", its.apply<answer>(9).get(), its.apply<sum>(2).get());
  }
} catch (const std::exception& error) {
  std::printf("%s\n", error.what());
  return 1;
}
