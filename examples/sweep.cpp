// A sweep over the parameters of a damped pendulum, on a running cluster: a struct that travels,
// progress, tasks that throw for some parameters, and some that are tried again.
#include <cmath>
#include <cstdio>
#include <vector>

#include <muster/muster.hpp>

struct Parameters {
  double length = 1, damping = 0, speed = 0;  // metres; 1/s; rad/s at the lowest point
  MSGPACK_DEFINE(length, damping, speed)
};

struct Swing {
  double farthest = 0, seconds = 0;  // rad; until it rests
  int attempt = 0;
  MSGPACK_DEFINE(farthest, seconds, attempt)
};

Swing simulate(muster::Context& context, const Parameters& p) {
  if (p.damping <= 0) throw std::domain_error("without damping it never comes to rest");
  // Stands for a disk or a licence server that sometimes says no.
  if (p.length > 1.9 && context.attempt() == 1) throw std::runtime_error("try again");
  Swing swing{.attempt = context.attempt()};
  double angle = 0, speed = p.speed;
  for (const double step = 1e-4; swing.seconds < 600; swing.seconds += step) {
    speed += step * (-9.81 / p.length * std::sin(angle) - p.damping * speed);
    angle += step * speed;
    swing.farthest = std::max(swing.farthest, std::abs(angle));
    if (std::abs(speed) < 1e-3 && std::abs(std::sin(angle)) < 1e-3) break;
  }
  return swing;
}

int main() try {
  std::vector<Parameters> sweep;
  for (const double length : {0.5, 1.0, 1.5, 2.0})
    for (const double damping : {0.0, 0.2, 0.4, 0.8})
      for (const double speed : {1.0, 4.0, 8.0})
        sweep.push_back({length, damping, speed});
  muster::Client client;
  auto swings = client.load_balanced_view().with({.retries = 1}).map<simulate>(sweep);
  while (!swings.wait_for(std::chrono::milliseconds(200)))
    std::fprintf(stderr, "%zu of %zu\n", swings.progress().done, sweep.size());

  std::printf("length damping speed  farthest   rests after  attempt\n");
  for (auto swing = swings.begin(); const Parameters& p : sweep) {
    std::printf("%6.1f %7.1f %5.1f  ", p.length, p.damping, p.speed);
    try {
      const Swing s = *swing;
      std::printf("%8.3f %11.2f s %8d\n", s.farthest, s.seconds, s.attempt);
    } catch (const muster::TaskError& error) {  // an item's error is thrown where it is read
      std::printf("%s\n", error.what());
    }
    ++swing;
  }
} catch (const std::exception& error) {
  return std::fprintf(stderr, "sweep: %s\n", error.what()), 1;
}
