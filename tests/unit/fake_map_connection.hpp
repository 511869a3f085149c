#pragma once
// A connection for the tests of maps: it runs each item where it is submitted, and gives the
// outcomes when the test's script says so, which it asks whenever a thread would sleep.

#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include <muster/detail/buffer.hpp>
#include <muster/detail/item_outcomes.hpp>

namespace muster::detail {

/// An item of a map that has run, and whose outcome the map may not have yet.
struct FakeItem {
  std::size_t index = 0;
  bool failed = false;
  bool cancel_wished = false;
  bool lost = false;
  Buffer body;
  std::shared_ptr<ItemOutcomes> outcomes;

  void end(std::chrono::nanoseconds run);
};
using FakeItemPtr = std::shared_ptr<FakeItem>;

class Connection {
 public:
  std::function<void(Connection&)> when_waiting;  ///< must finish something, or give credit
  std::size_t credit = std::numeric_limits<std::size_t>::max();  ///< submissions, all told
  std::size_t argument_bytes_max = std::numeric_limits<std::size_t>::max();
  std::size_t batch_bytes_max = std::numeric_limits<std::size_t>::max();
  std::size_t engines = 4;
  std::chrono::nanoseconds run = std::chrono::milliseconds(5);  ///< what each item takes
  bool lost = false;
  std::vector<std::size_t> chunks;  ///< their sizes, in the order of submission
  std::size_t submitted = 0;
  std::size_t waits = 0;
  std::vector<FakeItemPtr> open;  ///< in the order of submission, without those that have ended

  /// Ends the item at this place of `open`.
  void finish(std::size_t place) {
    const FakeItemPtr item = open.at(place);
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(place));
    item->end(run);
  }
  void finish_oldest() { finish(0); }
  void finish_newest() { finish(open.size() - 1); }
  void finish_all() {
    while (!open.empty())
      finish_oldest();
  }
  /// Ends the items at `place` and behind it, `count` of them, with one outcome for all: all have
  /// values, and the map has read them one after the other.
  void finish_row(std::size_t place, std::size_t count);
  void lose() {
    lost = true;
    for (const FakeItemPtr& item : open)
      item->lost = true;
    finish_all();
  }
};

}  // namespace muster::detail
