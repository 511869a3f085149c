#include "tests/simulation/world.hpp"

#include <algorithm>

namespace muster::simulation {

std::uint64_t Random::next() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

Duration Random::between(Duration low, Duration high) {
  const auto span = static_cast<std::uint64_t>((high - low).count());
  return low + Duration(static_cast<Duration::rep>(below(span + 1)));
}

wire::Uuid Random::uuid() {
  wire::Uuid id;
  for (std::uint8_t& byte : id.bytes)
    byte = static_cast<std::uint8_t>(next());
  return id;
}

void World::at(Instant when, std::function<void()> event) {
  queue_.emplace(std::pair(std::max(when, now_), ++events_), std::move(event));
}

void World::run_until(Instant end) {
  while (!queue_.empty() && queue_.begin()->first.first <= end) {
    auto node = queue_.extract(queue_.begin());
    now_ = node.key().first;
    node.mapped()();
    if (stopped_) throw Stopped();
  }
  now_ = end;
}

}  // namespace muster::simulation
