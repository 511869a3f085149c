// A task module. Built twice, with different numbers, under the same names.

#include <memory>
#include <numeric>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include <muster/module.hpp>

namespace jobs {

/// Other layouts under one name, which the loader must not mix up: neither this nor what the
/// standard library's templates make of it.
struct Sample {
#if JOBS_BASE == 200
  double padding[4] = {};
#endif
  int value = JOBS_BASE;
};

template <class T>
struct Counter {
  static inline int count = JOBS_BASE;
};

inline int base() {
  return JOBS_BASE;
}

int answer(int x) {
  return base() + x;
}

/// By way of everything that a loader might share.
int sum(int n) {
  std::vector<Sample> samples(static_cast<std::size_t>(n));
  samples.emplace_back();
  const int total = std::accumulate(samples.begin(), samples.end(), 0,
                                    [](int all, const Sample& one) { return all + one.value; });
  return total + Counter<Sample>::count;
}

double solve(double x) {
  return x / 2;
}

std::string greet(const std::string& name, muster::Context& context) {
  return name + " on engine " + std::to_string(context.engine());
}

int fails(int x) {
  if (x < 0) throw std::out_of_range("less than nothing");
  return x;
}

int process(std::stop_token) {
  return ::getpid();
}

int over(int x) {
  return x + 1;
}
double over(double x) {
  return x + 0.5;
}

// Of each way to take a value.
int weighted(const std::vector<int>& xs, int weight) {
  return weight * std::accumulate(xs.begin(), xs.end(), 0);
}
double first_of(std::span<const double> xs, double more, std::string_view) {
  return xs[0] + more;
}
int consumed(std::vector<int> xs, muster::Context& context, std::string text) {
  xs.push_back(1);
  context.push("consumed", std::move(xs));
  return static_cast<int>(text.size());
}
int alone(std::unique_ptr<int> x) {
  return x ? *x : -1;
}

}  // namespace jobs

namespace {

int hidden(int x) {
  return -x;
}

// Counted when the module is loaded, as in any program.
const std::vector<int> table{1, 2, 3};

int from_static_object(int i) {
  return table.at(static_cast<std::size_t>(i));
}

}  // namespace

static const muster::Exports<jobs::answer, jobs::sum, jobs::solve, jobs::greet, jobs::fails,
                             jobs::process, jobs::weighted, jobs::first_of, jobs::consumed,
                             jobs::alone, hidden, from_static_object>
    exported;
static const muster::Exports<muster::as<int(int)>(jobs::over),
                             muster::as<double(double)>(jobs::over)>
    overloads;
static const muster::Exports<[](int x) { return x * x; }> lambda{"square"};
