#pragma once
// The simulation's time and chance: a queue of events in virtual time and one seeded generator, so
// that a seed means the same on every machine.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "protocol/identity.hpp"
#include "protocol/lane.hpp"

namespace muster::simulation {

using wire::Instant;
using Duration = Instant::duration;
using namespace std::chrono_literals;

/// splitmix64: small, and the same everywhere, which the standard's distributions aren't.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next();
  /// From 0 to `bound` - 1. Requires bound > 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  bool chance(unsigned percent) { return below(100) < percent; }
  Duration between(Duration low, Duration high);
  wire::Uuid uuid();

 private:
  std::uint64_t state_;
};

class World {
 public:
  explicit World(std::uint64_t seed) : random(seed) {}

  Instant now() const { return now_; }
  void at(Instant when, std::function<void()> event);
  void after(Duration delay, std::function<void()> event) { at(now_ + delay, std::move(event)); }
  /// Thrown by run_until() once stop() was called.
  struct Stopped {};
  /// Runs events in order until none is left before `end`, then stands at `end`.
  void run_until(Instant end);
  /// No event runs after the present one.
  void stop() { stopped_ = true; }

  Random random;

 private:
  // Not at the clock's zero, which stands for "never" in places.
  Instant now_ = Instant{} + 1h;
  std::uint64_t events_ = 0;
  bool stopped_ = false;
  std::map<std::pair<Instant, std::uint64_t>, std::function<void()>> queue_;
};

}  // namespace muster::simulation
