#pragma once
// A map in progress, as bytes: reads its input as the window has room, submits the items, several
// in one task when they are quick, and gives the outcomes in the order of the input or of their
// arrival. It knows no types.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include <muster/detail/batch.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/completions.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/map_input.hpp>
#include <muster/detail/pending.hpp>
#include <muster/progress.hpp>
#include <muster/view_options.hpp>

namespace muster::detail {

/// For one thread at a time, but for what says otherwise. Its input is read by the thread that
/// calls, never by another one.
class MapWindow {
 public:
  using Time = std::chrono::steady_clock::time_point;

  enum class Order {
    input,
    arrival,
  };

  /// Fills the window. Throws what refuses a submission at this moment (ConnectionLost, no
  /// connection at all); what the input throws is kept for its place.
  MapWindow(std::shared_ptr<Connection> connection, const Entry& entry, ViewOptions options,
            std::unique_ptr<MapSource> source);
  MapWindow(const MapWindow&) = delete;
  MapWindow& operator=(const MapWindow&) = delete;

  // --- one item after the other; each is forgotten when the next one is wanted ---

  /// Goes on behind the item that was read last.
  void start(Order order);
  /// No item is left. Blocks only while it can't be known.
  bool at_end();
  /// Chooses the item to be read and blocks until it has ended. Requires !at_end().
  std::size_t current();
  /// Passes over the item to be read, whether or not it was. Requires !at_end().
  void advance();
  /// What became of an item that has ended: its result's body, or else throws its error.
  std::span<const std::byte> outcome(std::size_t index);

  // --- all of them; nothing is forgotten, and the window's bytes don't count ---

  /// Blocks until this item has ended; false when the map ends before it.
  bool finish(std::size_t index);
  /// Blocks until all have ended; false when `end` came first. Doesn't block for an `end` that has
  /// passed.
  bool finish_all(Time end);
  void forget(std::size_t index);
  /// Throws ClusterError when an item was forgotten.
  void require_whole() const;

  /// Reads no more input and wishes that all tasks be cancelled.
  void cancel();

  // --- from any thread ---

  Progress progress() const;
  std::optional<std::size_t> size() const;
  std::chrono::nanoseconds elapsed() const;
  std::chrono::nanoseconds serial_time() const;
  std::chrono::nanoseconds wall_time() const;

 private:
  /// How far to read ahead, as far as the window goes: a thread that was given what it wanted needs
  /// no more than a full window; one that waits for a late item keeps the engines busy with what is
  /// behind it; one that wants everything will keep everything anyway.
  enum class Reach { ahead, behind_a_late_one, everything };

  struct Item {
    PendingPtr task;            // null when it was never submitted
    std::exception_ptr error;   // why not
    std::size_t bytes = 0;      // of its arguments, later of its outcome
    std::uint64_t arrival = 0;  // 0 until it has ended
  };

  void collect();
  void fill(Reach reach);
  bool may_read(Reach reach);
  bool has_room(Reach reach) const;
  std::size_t chunk() const;
  bool read_next();
  bool add_next();
  bool submit_batch();
  void add_failed(std::exception_ptr error);
  void mark_ended(std::size_t index, Item& item, std::size_t bytes);
  void end_input();
  bool has_ended(std::size_t index) const;
  template <class Done>
  bool wait_until(Time end, Reach reach, Done done);

  const std::shared_ptr<Connection> connection_;
  const Entry& entry_;
  const ViewOptions options_;
  const std::size_t window_;
  const std::shared_ptr<Completions> completions_ = std::make_shared<Completions>();

  std::unique_ptr<MapSource> source_;   // null once it has ended
  const std::shared_ptr<Batch> batch_;  // read, and on the way into a task
  std::size_t chunk_left_ = 0;          // what the batch should still get
  std::optional<Buffer> held_back_;     // read, but there was no room for the batch before it
  bool starved_ = false;                // the batch found no room
  std::exception_ptr refusal_;          // why a submission was refused for good

  std::unordered_map<std::size_t, Item> items_;  // what may still be read
  std::size_t unfinished_ = 0;                   // tasks without an outcome, forgotten or not
  std::size_t argument_bytes_ = 0;               // of the items that have not ended
  std::size_t outcome_bytes_ = 0;                // of those that have
  std::size_t mean_outcome_bytes_ = 0;
  std::size_t outcomes_ = 0;
  double all_outcome_bytes_ = 0;
  std::vector<Completions::Completion> arriving_;  // kept for its memory

  Order order_ = Order::input;
  std::size_t next_ = 0;             // in the order of the input
  std::deque<std::size_t> arrived_;  // in the order of arrival
  std::optional<std::size_t> chosen_;
  std::uint64_t arrivals_ = 0;
  bool forgotten_ = false;

  static constexpr std::size_t unknown = static_cast<std::size_t>(-1);
  std::atomic<std::size_t> read_{0};      // items, all told
  std::atomic<std::size_t> rejected_{0};  // those that never became a task
  std::atomic<std::size_t> total_{unknown};
  std::atomic<bool> input_ended_{false};
  std::atomic<Time> first_submission_{Time{}};
};

}  // namespace muster::detail
