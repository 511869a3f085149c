#pragma once
// The executing thread's side of a run of quick items (engine/item_run.hpp), for loops that are
// compiled with the user's function (number_run.hpp): between two items that are quick there is no
// time for a call.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <muster/detail/item_reader.hpp>

namespace muster::detail {

/// What the page of an engine's process says of the task that it names (engine/page.hpp).
enum class PageState : std::uint32_t {
  none,       ///< the process has executed none yet, or the next is about to be named
  executing,  ///< user code runs for it
  executed,   ///< its function has returned, and no other task has begun
};

/// Says in the page which item of its task executes.
struct NamedItem {
  std::atomic<PageState>& named;
  std::atomic<std::uint64_t>& counter;

  /// A process that dies has made its stores in this order.
  void begin(std::uint64_t item) const {
    named.store(PageState::none, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    counter.store(item, std::memory_order_relaxed);
    named.store(PageState::executing, std::memory_order_release);
  }
  void end() const { named.store(PageState::executed, std::memory_order_release); }
};

/// Neighbours in a row that are claimed one after the other; their values make a row, too.
class RunItems {
 public:
  struct Item {
    std::uint64_t counter;
    std::span<const std::byte> arguments;
  };

  /// The next item, which counts as started; nullopt when there is none, or not any more.
  std::optional<Item> claim() {
    const std::uint32_t claimed = claimed_.fetch_add(1, std::memory_order_acq_rel);
    if (claimed >= count_) return std::nullopt;
    last_ = first_ + claimed;
    // What isn't there is given as nothing; decoding it says what is wrong.
    return Item{last_, items_.next().value_or(std::span<const std::byte>())};
  }
  /// The counter of the item that was claimed last.
  std::uint64_t last() const { return last_; }

  /// Where the value of the next item can be written, if it takes `most` bytes at most, as short
  /// items do; null when there is no room.
  std::byte* place(std::size_t most) const {
    const std::uint32_t bytes = unpacked(ended_.load(std::memory_order_relaxed)).bytes;
    return 2 + most <= values_max_ - bytes ? values_ + bytes + 2 : nullptr;
  }
  /// The item that was claimed last has the value that was written there, of so many bytes.
  void finish_in_place(std::size_t size) {
    Ended ended = unpacked(ended_.load(std::memory_order_relaxed));
    std::byte* const head = values_ + ended.bytes;
    head[0] = std::byte{0xc4};
    head[1] = static_cast<std::byte>(size);
    ++ended.items;
    ended.bytes += static_cast<std::uint32_t>(2 + size);
    ended_.store(packed(ended), std::memory_order_release);
  }

  /// True when it is time to look at the clock.
  bool look_due() {
    if (--until_look_ > 0) return false;
    until_look_ = stride_;
    return true;
  }

 protected:
  struct Ended {
    std::uint32_t items = 0;
    std::uint32_t bytes = 0;
  };
  static std::uint64_t packed(Ended ended) {
    return std::uint64_t{ended.items} << 32 | ended.bytes;
  }
  static Ended unpacked(std::uint64_t word) {
    return {static_cast<std::uint32_t>(word >> 32), static_cast<std::uint32_t>(word)};
  }
  /// More than any row has, and far from wrapping.
  static constexpr std::uint32_t never = 1u << 31;

  RunItems() = default;
  ~RunItems() = default;

  // Set when a run begins, read by both sides.
  std::uint64_t first_ = 0;
  std::uint32_t count_ = 0;
  std::byte* values_ = nullptr;  // what has ended doesn't change any more
  std::size_t values_max_ = 0;
  // The executing thread's.
  ItemReader items_;
  std::uint64_t last_ = 0;
  std::uint32_t stride_ = 1;
  std::uint32_t until_look_ = 1;
  // Between the two.
  std::atomic<std::uint32_t> claimed_{never};
  std::atomic<std::uint64_t> ended_{0};
};

/// Why a loop over items has stopped.
enum class RunStop {
  over,         ///< there is no item, or none may be started any more
  full,         ///< there is no room for another value
  look,         ///< it is time to look at the clock
  interrupted,  ///< by what the engine asks after each item
};

/// What an engine asks after each item: whether it has to look at what that has done.
struct Interruption {
  bool (*asked)(void*);
  void* engine;
};

}  // namespace muster::detail
