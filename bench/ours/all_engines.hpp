#pragma once
// Brings this program to every engine of the cluster before anything is measured.

#include <chrono>
#include <cstddef>
#include <set>
#include <thread>
#include <vector>

#include <muster/muster.hpp>

namespace muster::bench {

inline void sleep_us(int micros) {
  std::this_thread::sleep_for(std::chrono::microseconds(micros));
}

/// Returns when each of so many engines has run a task of this program.
inline void reach_all_engines(const LoadBalancedView& view, std::size_t engines) {
  for (std::set<int> seen; seen.size() < engines;) {
    std::vector<AsyncResult<void>> naps;
    for (std::size_t i = 0; i < 4 * engines; ++i)
      naps.push_back(view.apply<sleep_us>(2000));
    for (const AsyncResult<void>& nap : naps) {
      nap.wait();
      seen.insert(nap.info().engine);
    }
  }
}

}  // namespace muster::bench
