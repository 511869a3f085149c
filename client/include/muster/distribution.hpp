#pragma once
// How a row of values is dealt out to engines.

namespace muster {

enum class Distribution {
  block,       ///< contiguous parts; when they can't be equal, the first ones have one more
  round_robin  ///< like cards: the first engine gets the items 0, n, 2 n, ...
};

/// For DirectView::scatter.
struct ScatterOptions {
  Distribution distribution = Distribution::block;
  /// There is one item for each engine, and it gets the item itself in place of a std::vector.
  bool flatten = false;
};

}  // namespace muster
