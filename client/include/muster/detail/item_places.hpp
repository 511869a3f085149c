#pragma once
// Some of the items of a map, by their places: as many as were read out of order, in the memory of
// the gaps between them.

#include <cstddef>
#include <iterator>
#include <map>

namespace muster::detail {

class ItemPlaces {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  bool has(std::size_t item) const { return behind(item) != item; }

  /// The first place from `item` on that isn't among them.
  std::size_t behind(std::size_t item) const {
    const auto next = stretches_.upper_bound(item);
    if (next == stretches_.begin()) return item;
    const std::size_t end = std::prev(next)->second;
    return end > item ? end : item;
  }

  /// Requires !has(item).
  void add(std::size_t item) {
    ++size_;
    // Neighbours follow each other.
    auto stretch = last_;
    if (stretch == stretches_.end() || stretch->second != item) {
      const auto next = stretches_.upper_bound(item);
      if (next != stretches_.begin() && std::prev(next)->second == item) {
        stretch = std::prev(next);
      } else {
        stretch = stretches_.emplace_hint(next, item, item);
      }
    }
    stretch->second = item + 1;
    const auto next = std::next(stretch);
    if (next != stretches_.end() && next->first == stretch->second) {
      stretch->second = next->second;
      stretches_.erase(next);
    }
    last_ = stretch;
  }

  /// Forgets those below `item`.
  void drop_below(std::size_t item) {
    while (!stretches_.empty() && stretches_.begin()->first < item) {
      const auto [first, end] = *stretches_.begin();
      stretches_.erase(stretches_.begin());
      size_ -= (end < item ? end : item) - first;
      if (end > item) stretches_.emplace(item, end);
    }
    last_ = stretches_.end();
  }

 private:
  std::map<std::size_t, std::size_t> stretches_;  // first and end, with gaps between them
  std::map<std::size_t, std::size_t>::iterator last_ = stretches_.end();
  std::size_t size_ = 0;
};

}  // namespace muster::detail
