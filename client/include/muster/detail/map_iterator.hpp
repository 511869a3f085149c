#pragma once
// How the outcomes of a map become values, one by one.

#include <cstddef>
#include <iterator>
#include <type_traits>
#include <utility>
#include <variant>

#include <muster/detail/codec.hpp>
#include <muster/detail/map_window.hpp>
#include <muster/item_error.hpp>

namespace muster::detail {

/// What an item of a map gives. A function that returns nothing gives a std::monostate.
template <class R>
using ItemOf = std::conditional_t<std::is_void_v<R>, std::monostate, R>;

/// The value of an item that has ended, or else its error, with its index.
template <class R>
ItemOf<R> item_value(MapWindow& window, std::size_t index) {
  try {
    if constexpr (std::is_void_v<R>) {
      decode_result<void>(window.outcome(index));
      return {};
    } else {
      return decode_result<R>(window.outcome(index));
    }
  } catch (...) {
    rethrow_for_item(index);
  }
}

/// An input iterator, to be compared with std::default_sentinel. All iterators of one map stand at
/// the same item, like those of one stream.
template <class R, MapWindow::Order order>
class MapIterator {
  static constexpr bool indexed = order == MapWindow::Order::arrival;

 public:
  using iterator_concept = std::input_iterator_tag;
  using difference_type = std::ptrdiff_t;
  using value_type = std::conditional_t<indexed, std::pair<std::size_t, ItemOf<R>>, ItemOf<R>>;

  MapIterator() = default;
  explicit MapIterator(MapWindow& window) : window_(&window) {}

  /// Blocks until the item has ended; gives its value or throws its error, each time it is asked.
  value_type operator*() const {
    const std::size_t index = window_->current();
    if constexpr (indexed) {
      return {index, item_value<R>(*window_, index)};
    } else {
      return item_value<R>(*window_, index);
    }
  }

  /// Goes on to the next item, whether or not this one was read or had an error.
  MapIterator& operator++() {
    window_->advance();
    return *this;
  }
  void operator++(int) { window_->advance(); }

  /// The item's place in the input. Blocks until it has ended.
  std::size_t index() const { return window_->current(); }

  friend bool operator==(const MapIterator& iterator, std::default_sentinel_t) {
    return iterator.window_->at_end();
  }

 private:
  MapWindow* window_ = nullptr;
};

}  // namespace muster::detail
