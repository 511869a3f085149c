#pragma once
// The figures that a page shows, in its order.

#include <span>

namespace muster::bench {

struct Row {
  const char* figure;
  const char* what;
  const char* unit;
};

std::span<const Row> rows();

}  // namespace muster::bench
