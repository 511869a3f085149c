#pragma once
// Items of a row that the executing thread starts one after the other without asking the session
// in between, because they are quick: asking costs more than they do. What they give is gathered
// here, where the session finds it, too, when an item turns out to be slow.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <muster/detail/run_items.hpp>

#include "protocol/item_row.hpp"
#include "protocol/lane.hpp"
#include "protocol/limits.hpp"

namespace muster::engine {

using wire::Instant;

/// Two sides. The executing thread claims items and ends them, without a lock. The session, under
/// the lock of its owner, may close the run at any time: nothing is claimed any more then, so that
/// it knows what was started; and it takes the values of what has ended, at most once each.
class ItemRun : public detail::RunItems {
 public:
  /// What values may take together: they travel as one record.
  static constexpr std::size_t values_max = wire::inline_body_max;
  /// The clock is looked at after about so much time, if items take as long as those before.
  static constexpr std::int64_t look_interval_ns = 5'000;

  // --- the session's side ---

  /// Items of `row` that begin where `items` stands. `run_ns` is what one is expected to take.
  void begin(std::uint64_t first, std::uint32_t count, wire::ItemReader items, std::int64_t run_ns,
             Instant now) {
    first_ = last_ = first;
    count_ = count;
    begin_ = items_ = items;
    taken_ = Ended{};
    since_ = now;
    stride_ = static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(look_interval_ns / std::max<std::int64_t>(run_ns, 1), 1, 256));
    until_look_ = stride_;
    if (!memory_) memory_ = std::make_unique<std::byte[]>(values_max);
    values_ = memory_.get();
    values_max_ = values_max;
    looked_.store(now, std::memory_order_relaxed);
    ended_.store(0, std::memory_order_relaxed);
    claimed_.store(0, std::memory_order_release);
    active_ = true;
  }
  bool active() const { return active_; }
  bool closed() const { return closed_; }

  /// Nothing is claimed from now on.
  void close() {
    final_ = std::min(claimed_.exchange(never, std::memory_order_acq_rel), count_);
    closed_ = true;
  }
  /// How many items were. Requires closed().
  std::uint32_t claimed() const { return final_; }
  /// Neither thread uses it any more.
  void retire() { active_ = closed_ = false; }

  std::uint64_t first() const { return first_; }
  std::uint32_t count() const { return count_; }
  /// Since when those that haven't been taken yet have run.
  Instant since() const { return since_; }
  /// The executing thread's last look at the clock: what executes began not much later.
  Instant looked() const { return looked_.load(std::memory_order_acquire); }
  /// Where the items stand that weren't claimed. Requires that the executing thread is done.
  wire::ItemReader items() const { return items_; }

  struct Values {
    std::uint64_t first = 0;
    std::uint32_t count = 0;
    wire::Bytes row;
  };
  /// How far the executing thread has come, which goes on meanwhile.
  class Look {
   public:
    /// How many items had ended, taken or not.
    std::uint32_t ended() const { return unpacked(word_).items; }

   private:
    friend ItemRun;
    explicit Look(std::uint64_t word) : word_(word) {}
    std::uint64_t word_;
  };
  Look look() const { return Look(ended_.load(std::memory_order_acquire)); }
  /// The values that weren't taken before, of what had ended at that look. `until` is when the last
  /// of them ended.
  Values take(Look look, Instant until) {
    const Ended ended = unpacked(look.word_);
    const Values values{first_ + taken_.items, ended.items - taken_.items,
                        wire::Bytes(values_ + taken_.bytes, ended.bytes - taken_.bytes)};
    taken_ = ended;
    since_ = until;
    return values;
  }

  // --- the executing thread's side ---

  /// The item that was claimed last has this value. False, and it hasn't ended, when there is no
  /// room for it.
  bool finish(wire::Bytes value) {
    Ended ended = unpacked(ended_.load(std::memory_order_relaxed));
    const std::size_t bytes = wire::item_bytes_at(ended.bytes, value.size());
    if (bytes > values_max - ended.bytes) return false;
    wire::write_item(values_, ended.bytes, value);
    ++ended.items;
    ended.bytes += static_cast<std::uint32_t>(bytes);
    ended_.store(packed(ended), std::memory_order_release);
    return true;
  }
  /// Of the item that was claimed last.
  wire::Bytes arguments() const {
    wire::ItemReader items = begin_;
    for (std::uint64_t counter = first_; counter < last_; ++counter)
      items.next();
    return items.next().value_or(wire::Bytes());
  }
  void look(Instant now) { looked_.store(now, std::memory_order_release); }

 private:
  // The session's.
  bool active_ = false;
  bool closed_ = false;
  std::uint32_t final_ = 0;  // how many were claimed, once it is closed
  Ended taken_;
  Instant since_{};
  std::unique_ptr<std::byte[]> memory_;  // of the values
  wire::ItemReader begin_;
  // Between the two.
  std::atomic<Instant> looked_{};
};

}  // namespace muster::engine
