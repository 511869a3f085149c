#pragma once
// What one dispatch brought: a task, or a row of items that are started one after the other and may
// be cancelled singly.

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <muster/detail/buffer.hpp>

#include "protocol/body.hpp"
#include "protocol/item_row.hpp"
#include "protocol/record.hpp"

namespace muster::engine {

/// A function that runs once in a process, before the first task that names it.
struct Initializer {
  std::string name;           ///< of the bound value that says which
  bool done = false;          ///< it has run and has thrown nothing
  std::int64_t limit_ns = 0;  ///< how long it may run, as was said last; 0: as long as it likes
};

class Assignment {
 public:
  std::uint32_t session = 0;  ///< index in the engine's own table
  std::uint32_t code = 0;     ///< index in the engine's own table
  std::uint64_t attempt = 0;
  const char* fault = nullptr;    ///< why there are no arguments; null when there are
  std::int64_t run_limit_ns = 0;  ///< of each item; 0: none
  std::int64_t cancel_ns = 0;  ///< its grace when it is cancelled while it runs; 0: the usual one
  std::uint8_t starts = 1;
  bool addressed = false;      ///< to this engine: each item runs at most once (rule 17)
  bool whole = false;          ///< once one of its items was begun, none is given back
  std::uint32_t lifespan = 0;  ///< the process is to be replaced when it has begun so many; 0: not
  Initializer* initializer = nullptr;  ///< what has to run in this process first; null: nothing
  /// Words for bound values, as in wire::TaskOptions::shared; null: none.
  std::shared_ptr<const std::vector<std::string>> shared{};

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
    row_at_ = counter;
  }

  /// Its arguments are the bound value of this name, which is all that its body says then.
  void share_arguments(const std::string& name) {
    body_ = detail::Buffer::copy_of(wire::bytes_of(name));
    shares_arguments_ = true;
  }
  bool shares_arguments() const { return shares_arguments_; }

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
      const wire::Bytes arguments =
          is_row_ ? items_at(counter_).next().value_or(wire::Bytes()) : body_.bytes();
      const std::uint64_t counter = row_at_ = ++counter_;
      if (is_skipped(counter - 1)) continue;
      --left_;
      return {counter - 1, arguments};
    }
  }

  /// True when what is left are neighbours that may be started without a word in between.
  bool is_plain_row() const {
    return is_row_ && left_ > 1 && left_ == end_ - counter_ && run_limit_ns == 0 && !addressed;
  }
  struct Run {
    std::uint64_t first = 0;
    std::uint32_t count = 0;
    wire::ItemReader items;
  };
  /// All that is left, which counts as started. Requires is_plain_row().
  Run start_all() {
    const Run run{counter_, left_, items_at(counter_)};
    counter_ = end_;
    left_ = 0;
    return run;
  }
  /// The last `count` of them were not started. Requires that nothing was started since.
  void take_back(std::uint32_t count) {
    counter_ -= count;
    left_ += count;
  }
  /// Where the row's items from this one on begin: that needn't be sought.
  void found(std::uint64_t counter, wire::ItemReader items) {
    if (counter <= row_at_) return;
    row_at_ = counter;
    row_ = items;
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
  wire::ItemReader& items_at(std::uint64_t counter) {
    for (; row_at_ < counter; ++row_at_)
      row_.next();
    return row_;
  }
  bool is_skipped(std::uint64_t counter) const {
    return !skipped_.empty() &&
           std::find(skipped_.begin(), skipped_.end(), counter) != skipped_.end();
  }

  std::uint64_t counter_ = 0;  // the next to start, unless it is skipped
  std::uint64_t end_ = 0;
  std::uint32_t left_ = 0;
  bool is_row_ = false;
  bool shares_arguments_ = false;
  detail::Buffer body_;
  wire::ItemReader row_;      // its bytes are body_'s, which keep their place
  std::uint64_t row_at_ = 0;  // the item that it reads next
  std::vector<std::uint64_t> skipped_;
};

}  // namespace muster::engine
