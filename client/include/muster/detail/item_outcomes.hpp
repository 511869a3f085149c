#pragma once
// What became of the items of one map, in the order in which it was heard. It knows nothing of what
// they returned.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/detail/buffer.hpp>
#include <muster/detail/completions.hpp>
#include <muster/stream_output.hpp>
#include <muster/task_info.hpp>
#include <muster/task_output.hpp>

namespace muster::detail {

class Connection;
class ItemLog;
class Printed;
class Published;
struct ItemTimes;

/// Of neighbours that shared one fate: all have a value, or the same error.
struct ItemOutcome {
  enum class How : std::uint8_t {
    value,   ///< body: the value; of several items a row of them
    failed,  ///< body: as the kind says
    lost,    ///< the connection ended first; body: the reason as text
  };

  std::size_t index = 0;  ///< of the first, in the map
  std::size_t count = 1;
  How how = How::value;
  std::uint8_t kind = 0;  ///< of what failed: the wire's number for it
  int engine = -1;        ///< where it ran
  Buffer body;
  std::unique_ptr<const std::string>
      last_words{};  ///< of one that failed and had printed something
};

/// A queue with two ends: the connection puts in, the thread that uses the map takes out. Any
/// member may be called from any thread. What the map leaves behind is counted on, and goes with
/// the last of its tasks.
class ItemOutcomes {
 public:
  ItemOutcomes();
  ~ItemOutcomes();

  /// Of all that were ever put in.
  struct Summary {
    std::size_t settled = 0;
    std::size_t failed = 0;          ///< of them, those without a value
    std::uint8_t failure = 0;        ///< how the last of these ended: the wire's number for it
    std::size_t failure_index = 0;   ///< and which it was, or the first of its neighbours
    std::chrono::nanoseconds run{};  ///< on engines, added up
    std::chrono::steady_clock::time_point last_received{};
  };

  /// `run` is what its items took together. `times` are looked at if keeps_info(); null when they
  /// never ran.
  void put(ItemOutcome outcome, std::chrono::nanoseconds run,
           std::chrono::steady_clock::time_point received, const ItemTimes* times = nullptr) {
    const std::scoped_lock lock(mutex_);
    const auto count = static_cast<std::int64_t>(outcome.count);
    summary_.settled += outcome.count;
    summary_.run += run;
    if (outcome.how != ItemOutcome::How::value) note_failed(outcome);
    // What never ran says nothing of what the others take.
    if (run.count() > 0) {
      const std::chrono::nanoseconds each = run / count;
      const std::int64_t weight = std::min<std::int64_t>(count, 8);
      typical_run_ =
          typical_run_.count() == 0 ? each : typical_run_ + (each - typical_run_) * weight / 16;
    }
    if (received > summary_.last_received) summary_.last_received = received;
    if (!printed_.empty()) add_last_words(outcome);
    if (!published_.empty()) end_progress(outcome);
    if (log_) add_to_log(outcome, received, times);
    queue_.push_back(std::move(outcome));
    empty_.store(false, std::memory_order_release);
    if (announced_to_) announce_if_ended();
  }

  /// `completions` gets `place` when so many have ended, all told; at once if they have.
  void announce(std::shared_ptr<Completions> completions, std::size_t place, std::size_t items) {
    const std::scoped_lock lock(mutex_);
    announced_to_ = std::move(completions);
    announced_place_ = place;
    announced_at_ = items;
    announce_if_ended();
  }

  /// Gives what came since the last call, in its order. `into` is emptied first; its memory is used
  /// for what comes next.
  void take(std::vector<ItemOutcome>& into) {
    into.clear();
    if (empty()) return;
    const std::scoped_lock lock(mutex_);
    std::swap(into, queue_);
    empty_.store(true, std::memory_order_relaxed);
  }

  /// What some of them have printed, as client/printed.hpp says. Of all together so much is kept as
  /// people read.
  void put_output(std::size_t index, std::size_t count, std::uint64_t attempt, int engine,
                  std::uint8_t stream, std::uint64_t offset, std::string_view text);
  /// Of those that have printed, in their order.
  std::vector<ItemsOutput> outputs() const;
  /// What has come since the last call with this.
  std::vector<ItemsOutput> outputs_since(OutputsRead& read) const;

  /// What one of them has published, or how far it says that it has come, as client/published.hpp
  /// says. Of the values of all together the last 16 MiB are kept: what the first items have
  /// published goes for them.
  void put_published(std::size_t index, std::uint64_t attempt, std::uint64_t number, Buffer value);
  void put_progress(std::size_t index, std::uint64_t attempt, std::uint64_t number,
                    double fraction);
  /// The values of those that have one, in their order.
  std::vector<std::pair<std::size_t, Buffer>> published() const;
  /// Empty when it has none.
  Buffer published(std::size_t index) const;
  /// What those that run have done of theirs, added up.
  double running() const;

  /// From now on put() remembers who has run what, for info(). Before the first item is submitted.
  void keep_info();
  bool keeps_info() const { return log_ != nullptr; }
  /// Of those that have ended, in their order. Throws ClusterError unless keeps_info().
  std::vector<ItemsInfo> info() const;

  /// Engines on which some of them have ended with a value, and those on which some have failed.
  /// For the client's session only, under its connection's mutex.
  struct Engines {
    std::vector<std::uint32_t> of_values;
    std::vector<std::uint32_t> of_failures;
    std::vector<bool> noted;  ///< processes of this link: two marks for each
    std::uint64_t link = 0;
  };
  Engines engines;

  bool empty() const { return empty_.load(std::memory_order_acquire); }

  /// The smoothed time that one of them takes on its engine; zero before the first.
  std::chrono::nanoseconds typical_run() const {
    const std::scoped_lock lock(mutex_);
    return typical_run_;
  }

  Summary summary() const {
    const std::scoped_lock lock(mutex_);
    return summary_;
  }

 private:
  void note_failed(const ItemOutcome& outcome);
  void add_last_words(ItemOutcome& outcome) const;
  void end_progress(const ItemOutcome& outcome);
  void add_to_log(const ItemOutcome& outcome, std::chrono::steady_clock::time_point received,
                  const ItemTimes* times);
  void drop_first_published();
  void announce_if_ended() {
    if (summary_.settled < announced_at_) return;
    announced_to_->put({announced_place_}, {}, summary_.last_received);
    announced_to_.reset();
  }

  mutable std::mutex mutex_;
  std::vector<ItemOutcome> queue_;
  Summary summary_;
  std::chrono::nanoseconds typical_run_{};
  std::map<std::pair<std::size_t, std::size_t>, std::unique_ptr<Printed>> printed_;
  std::size_t output_bytes_ = 0;  // that came; more than are kept
  std::map<std::size_t, std::unique_ptr<Published>> published_;
  std::size_t published_bytes_ = 0;
  std::unique_ptr<ItemLog> log_;  // null unless somebody wants it
  std::atomic<bool> empty_{true};
  std::shared_ptr<Completions> announced_to_;
  std::size_t announced_place_ = 0;
  std::size_t announced_at_ = 0;
};

/// Throws the error of an item that has none of the values. Requires that it hasn't.
[[noreturn]] void throw_error(const ItemOutcome& outcome);
/// Blocks until `outcomes` has something or, unless `room_for` is 0, so many tasks could be
/// submitted; false when `end` came first. May also return true for nothing.
bool wait_for_outcomes(const std::shared_ptr<Connection>& connection, const ItemOutcomes& outcomes,
                       std::size_t room_for, std::chrono::steady_clock::time_point end);
/// Wishes that all items be cancelled that were submitted and have not ended. Doesn't wait for what
/// becomes of it.
void wish_cancel(const std::shared_ptr<Connection>& connection, const ItemOutcomes& outcomes);

}  // namespace muster::detail
