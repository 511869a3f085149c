// An integral that is halved where it is difficult, as a program of coroutines: each waits for its
// own pieces and no thread waits with it, however many pieces there are.
#include <cmath>
#include <cstdio>

#include <muster/muster.hpp>

struct Estimate {
  double value = 0, error = 0;
  MSGPACK_DEFINE(value, error)
};

// Oscillates ever more quickly towards 0.
double f(double x) {
  return std::sin(1 / x);
}

// Simpson's rule with n strips, and how far it is from that with n / 2. Runs on engines.
Estimate simpson(double a, double b) {
  const auto sum = [&](int n) {
    const double h = (b - a) / n;
    double total = f(a) + f(b);
    for (int i = 1; i < n; ++i)
      total += (i % 2 == 0 ? 2 : 4) * f(a + i * h);
    return total * h / 3;
  };
  const double fine = sum(1000);
  return {fine, std::abs(fine - sum(500))};
}

struct Integral {
  double value = 0;
  int pieces = 0;
};

muster::Coroutine<Integral> integrate(muster::LoadBalancedView view, double a, double b,
                                      double tolerance) {
  const Estimate here = co_await view.apply<simpson>(a, b);
  if (here.error <= tolerance) co_return Integral{here.value, 1};
  const double middle = (a + b) / 2;
  const auto [left, right] = co_await muster::when_all(integrate(view, a, middle, tolerance / 2),
                                                       integrate(view, middle, b, tolerance / 2));
  co_return Integral{left.value + right.value, left.pieces + right.pieces + 1};
}

int main() {
  muster::Cluster cluster({.engines = 4});
  const Integral all = integrate(cluster.load_balanced_view(), 0.001, 1, 1e-11).get();
  std::printf("the integral of sin(1/x) from 0.001 to 1 is %.9f, of %d pieces\n", all.value,
              all.pieces);
}
