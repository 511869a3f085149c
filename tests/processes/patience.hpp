#pragma once
// How tests of real processes wait: for a condition, never for a time.

#include <chrono>
#include <cstdlib>
#include <string_view>

#include <poll.h>

namespace muster::test {

/// Never reached by what works, also on a busy machine. MUSTER_TEST_PATIENCE is how many times as
/// long it is where all takes longer.
inline const std::chrono::seconds bound = [] {
  const char* times = std::getenv("MUSTER_TEST_PATIENCE");
  return std::chrono::seconds(20) * (times == nullptr ? 1 : std::atoi(times));
}();

/// This test runs over connections that lose messages (tests/lossy).
inline const bool messages_are_lost = [] {
  const char* preloaded = std::getenv("LD_PRELOAD");
  return preloaded != nullptr &&
         std::string_view(preloaded).find("muster_lossy_link") != std::string_view::npos;
}();

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
