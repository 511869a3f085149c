#pragma once
// How tests of real processes wait: for a condition, never for a time.

#include <chrono>

#include <poll.h>

namespace muster::test {

/// Never reached by what works, also on a busy machine.
constexpr std::chrono::seconds bound{20};

/// True as soon as the condition holds; false when it still doesn't at the bound.
template <class Condition>
bool eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + bound;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    ::poll(nullptr, 0, 2);
  }
  return true;
}

}  // namespace muster::test
