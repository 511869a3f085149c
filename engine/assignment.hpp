#pragma once
// What one dispatch brought: a task, or a row of items that are started one after the other and may
// be cancelled singly.

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <utility>
#include <vector>

#include <muster/detail/buffer.hpp>

#include "protocol/item_row.hpp"
#include "protocol/record.hpp"

namespace muster::engine {

class Assignment {
 public:
  std::uint32_t session = 0;  ///< index in the engine's own table
  std::uint32_t code = 0;     ///< index in the engine's own table
  std::uint64_t attempt = 0;
  std::uint8_t starts = 1;
  const char* fault = nullptr;    ///< why there are no arguments; null when there are
  std::int64_t run_limit_ns = 0;  ///< of each item; 0: none
  bool addressed = false;         ///< to this engine: each item runs at most once (rule 17)

  Assignment() = default;
  /// `body` is one task's, or a row of items of which these begin at `first_item`.
  Assignment(std::uint64_t counter, std::uint32_t count, detail::Buffer body, bool is_row,
             std::uint32_t first_item)
      : counter_(counter),
        end_(counter + count),
        left_(count),
        is_row_(is_row),
        body_(std::move(body)) {
    if (!is_row_) return;
    row_ = wire::ItemReader(body_.bytes());
    for (std::uint32_t i = 0; i < first_item && row_.next(); ++i) {
    }
  }

  /// Items that have not been started.
  std::uint32_t left() const { return left_; }
  bool has(std::uint64_t counter) const {
    return counter >= counter_ && counter < end_ && !is_skipped(counter);
  }
  /// Never starts this item. Requires has(counter).
  void skip(std::uint64_t counter) {
    assert(has(counter));
    if (counter == counter_) {
      start_next();
      return;
    }
    skipped_.push_back(counter);
    --left_;
  }

  struct Item {
    std::uint64_t counter = 0;
    wire::Bytes arguments;  ///< live as long as this assignment, wherever it is moved
  };
  /// The next item, which counts as started. Requires left() > 0.
  Item start_next() {
    assert(left_ > 0);
    for (;;) {
      // What isn't there is given as nothing; decoding it says what is wrong.
      const wire::Bytes arguments = is_row_ ? row_.next().value_or(wire::Bytes()) : body_.bytes();
      const std::uint64_t counter = counter_++;
      if (is_skipped(counter)) continue;
      --left_;
      return {counter, arguments};
    }
  }

  /// Never starts the last items, so many at most; calls `say(first, count)` for each run of them.
  template <class Say>
  void give_up_last(std::uint32_t most, Say&& say) {
    while (most > 0 && left_ > 0) {
      std::uint64_t first = end_;
      while (most > 0 && first > counter_ && !is_skipped(first - 1)) {
        --first;
        --most;
        --left_;
      }
      if (first < end_) say(first, static_cast<std::uint32_t>(end_ - first));
      end_ = first;
      while (end_ > counter_ && is_skipped(end_ - 1))
        --end_;
    }
  }

  /// Calls `say(first, count)` for each run of items that have not been started.
  template <class Say>
  void for_each_run(Say&& say) const {
    for (std::uint64_t first = counter_; first < end_; ++first) {
      std::uint64_t last = first;
      while (last < end_ && !is_skipped(last))
        ++last;
      if (last > first) say(first, static_cast<std::uint32_t>(last - first));
      first = last;
    }
  }

 private:
  bool is_skipped(std::uint64_t counter) const {
    return !skipped_.empty() &&
           std::find(skipped_.begin(), skipped_.end(), counter) != skipped_.end();
  }

  std::uint64_t counter_ = 0;  // the next to start, unless it is skipped
  std::uint64_t end_ = 0;
  std::uint32_t left_ = 0;
  bool is_row_ = false;
  detail::Buffer body_;
  wire::ItemReader row_;  // its bytes are body_'s, which keep their place
  std::vector<std::uint64_t> skipped_;
};

}  // namespace muster::engine
