#pragma once
// Items of a map that were submitted together, until the last of them has an outcome.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <muster/detail/item_outcomes.hpp>

#include "protocol/lane.hpp"

namespace muster::client {

/// Some of the items of a row. Costs no memory while it is none of them.
class ItemSet {
 public:
  bool has(std::uint32_t item) const { return !marks_.empty() && marks_[item]; }
  bool none() const { return marks_.empty(); }
  /// `all` is how many items the row has.
  void add(std::uint32_t first, std::uint32_t count, std::uint32_t all) {
    if (marks_.empty()) marks_.resize(all);
    std::fill_n(marks_.begin() + first, count, true);
  }
  void remove(std::uint32_t item) {
    if (!marks_.empty()) marks_[item] = false;
  }
  void clear() { marks_.clear(); }

 private:
  std::vector<bool> marks_;
};

struct OpenRow {
  std::shared_ptr<detail::ItemOutcomes> outcomes;  ///< where its map hears of them
  std::size_t index = 0;                           ///< of its first item, in the map
  std::uint32_t count = 1;
  std::uint32_t open = 1;  ///< items without an outcome
  wire::Instant submitted{};
  ItemSet settled;
  ItemSet known;  ///< the controller listed them on this link, or is sending their outcomes
  ItemSet cancel_wished;

  /// The first item from `item` on that is open, or `count`.
  std::uint32_t next_open(std::uint32_t item) const {
    while (item < count && settled.has(item))
      ++item;
    return item;
  }
};

}  // namespace muster::client
