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
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <muster/detail/batch.hpp>
#include <muster/detail/bound_value.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/finished_items.hpp>
#include <muster/detail/item_outcomes.hpp>
#include <muster/detail/item_places.hpp>
#include <muster/detail/item_reader.hpp>
#include <muster/detail/map_input.hpp>
#include <muster/detail/pending.hpp>
#include <muster/progress.hpp>
#include <muster/view_options.hpp>

namespace muster::detail {

class Callback;

/// Somebody to whom a map shows how far it has come, on the thread that waits for it.
class MapSpectator {
 public:
  virtual ~MapSpectator() = default;
  virtual void look(const Progress& progress, std::chrono::nanoseconds elapsed) = 0;
  virtual void look_for_the_last_time(const Progress& progress,
                                      std::chrono::nanoseconds elapsed) = 0;

 protected:
  MapSpectator() = default;
  MapSpectator(const MapSpectator&) = delete;
  MapSpectator& operator=(const MapSpectator&) = delete;
};

/// For one thread at a time, but for what says otherwise. Its input is read by the thread that
/// calls, never by another one. Items that travelled together stay together here: what each of them
/// costs is what it takes to copy and to decode it.
class MapWindow {
 public:
  using Time = std::chrono::steady_clock::time_point;

  enum class Order {
    input,
    arrival,
  };

  /// Fills the window; `values` are those that every item names. Throws what refuses a submission
  /// at this moment (ConnectionLost, no connection at all); what the input throws is kept for its
  /// place.
  MapWindow(std::shared_ptr<Connection> connection, const Entry& entry, ViewOptions options,
            std::unique_ptr<MapSource> source, BoundValues values = {});
  ~MapWindow();
  MapWindow(const MapWindow&) = delete;
  MapWindow& operator=(const MapWindow&) = delete;

  // --- one item after the other; each is forgotten when the next one is wanted ---

  /// Goes on behind the item that was read last.
  void start(Order order);
  /// No item is left. Blocks only while it can't be known.
  bool at_end() { return stretch_left_ == 0 && alive() == 0 && at_end_of_input(); }
  /// Chooses the item to be read and blocks until it has ended. Requires !at_end().
  std::size_t current() { return chosen_ ? *chosen_ : choose(); }
  /// Passes over the item to be read, whether or not it was. Requires !at_end().
  void advance() {
    if (stretch_left_ <= 1 || !outcomes_->empty()) return advance_slowly();
    --stretch_left_;
    ++*chosen_;
    read_row();
  }
  /// What became of an item that has ended: its result's body, or else throws its error. The bytes
  /// live until the next call of anything.
  std::span<const std::byte> outcome(std::size_t index) {
    return stretch_left_ > 0 && index == *chosen_ ? row_value_ : seek_outcome(index);
  }

  // --- all of them; nothing is forgotten, and the window's bytes don't count ---

  /// Blocks until this item has ended; false when the map ends before it.
  bool finish(std::size_t index);
  /// The same, but also returns when an item has failed, whichever: see failed().
  bool finish_unless_failed(std::size_t index);
  /// Blocks until all have ended; false when `end` came first. Doesn't block for an `end` that has
  /// passed.
  bool finish_all(Time end);
  /// Blocks until all of the input is read and submitted.
  void read_all();
  /// All items, for what is to start after them. Blocks as read_all() does.
  AwaitedItems awaited();
  /// The item that was seen first to have failed, or that was given no task.
  std::optional<std::size_t> failed() const { return failed_; }
  void forget(std::size_t index);
  /// Throws ClusterError when an item was forgotten.
  void require_whole() const;

  /// Reads no more input and wishes that all tasks be cancelled.
  void cancel();

  /// Whoever waits or reads shows it about ten times in a second how far the map has come.
  void show_to(std::unique_ptr<MapSpectator> spectator) { spectator_ = std::move(spectator); }

  // --- a map that several threads wait for, one at a time, and the one that calls back ---

  class Turns;
  /// From now on threads have to lock() it while they use it.
  void share();
  /// What keeps other threads out, if it is shared; false when it wasn't free before `end`.
  class Turn {
   public:
    Turn(Turns* turns, Time end);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    explicit operator bool() const { return mine_; }

   private:
    Turns* const turns_;
    const bool mine_;
  };
  Turn lock(Time end = Time::max()) { return {turns_.get(), end}; }
  /// Called when all items have ended, on the thread of the connection's callbacks. Requires that
  /// all of the input was read.
  void on_ended(std::unique_ptr<Callback> callback);
  bool calls_back() const { return calls_back_; }

  // --- from any thread ---

  Progress progress() const;
  std::vector<ItemsOutput> outputs() const { return outcomes_->outputs(); }
  std::vector<ItemsOutput> outputs_since(OutputsRead& read) const {
    return outcomes_->outputs_since(read);
  }
  const ItemOutcomes& outcomes() const { return *outcomes_; }
  std::optional<std::size_t> size() const;
  std::chrono::nanoseconds elapsed() const;
  std::chrono::nanoseconds serial_time() const;
  std::chrono::nanoseconds wall_time() const;

 private:
  /// How far to read ahead, as far as the window goes: a thread that was given what it wanted needs
  /// no more than a full window; one that waits for a late item keeps the engines busy with what is
  /// behind it; one that wants everything will keep everything anyway.
  enum class Reach { ahead, behind_a_late_one, everything };

  /// Neighbours that have ended together, as long as one of them may still be read.
  struct Ended {
    ItemOutcome outcome;
    std::exception_ptr error;   // of an item that was never submitted
    std::uint64_t arrival = 0;  // among all
    std::size_t left = 0;       // items that may still be read
    std::size_t bytes = 0;      // what each of them counts for

    std::size_t end() const { return outcome.index + outcome.count; }
  };
  /// Neighbours that were read into one batch.
  struct Sent {
    std::size_t first = 0;
    std::size_t open = 0;   // items without an outcome
    std::size_t bytes = 0;  // of their arguments
  };

  bool at_end_of_input();
  std::size_t choose();
  void advance_slowly();
  void begin_stretch();
  void end_stretch();
  std::span<const std::byte> seek_outcome(std::size_t index);
  void read_row();
  void pass_forgotten();
  void collect();
  void note_ended(ItemOutcome outcome, std::exception_ptr error);
  void note_settled(std::size_t index, std::size_t count);
  void show();
  void fill(Reach reach);
  bool may_read(Reach reach);
  bool has_room(Reach reach) const;
  std::size_t window() const;
  std::size_t known_engines() const;
  std::size_t argument_window() const;
  std::size_t chunk() const;
  std::size_t wanted_room() const;
  bool read_next();
  bool add_items(Reach reach);
  bool add_next();
  std::size_t outcomes_left(Reach reach) const;
  void note_added(std::size_t items, std::size_t bytes);
  bool submit_batch();
  std::optional<bool> add_finished();
  void add_ended(ItemOutcome outcome, std::exception_ptr error);
  void add_failed(std::exception_ptr error);
  void end_input();
  Ended* ended(std::size_t index);
  bool has_ended(std::size_t index) { return ended(index) != nullptr; }
  bool next_has_arrived();
  void drop(const Ended& ended);
  /// Items that were forgotten, and those that may still be read.
  std::size_t taken() const { return next_ + forgotten_.size(); }
  std::size_t alive() const { return read_items_ - taken(); }
  template <class Done>
  bool wait_until(Time end, Reach reach, Done done);

  static constexpr std::size_t unknown = static_cast<std::size_t>(-1);

  const std::shared_ptr<Connection> connection_;
  const Entry& entry_;
  const ViewOptions options_;
  const std::shared_ptr<ItemOutcomes> outcomes_ = std::make_shared<ItemOutcomes>();

  std::size_t window_ = 0;                         // as it was when the input was read last
  std::unique_ptr<MapSource> source_;              // null once it has ended
  const std::shared_ptr<Batch> batch_;             // read, and on the way into a task
  const std::shared_ptr<FinishedItems> finished_;  // by an earlier run; null: nobody asks for them
  std::size_t chunk_left_ = 0;                     // what the batch should still get
  bool batch_empty_ = true;
  Buffer encoded_;              // the item that was read last
  bool held_back_ = false;      // it isn't in the batch yet
  bool starved_ = false;        // the batch found no room
  std::exception_ptr refusal_;  // why a submission was refused for good

  std::size_t read_items_ = 0;          // all told
  std::deque<Sent> sent_;               // what has items without an outcome, in order
  std::size_t unfinished_ = 0;          // items without an outcome, forgotten or not
  std::size_t argument_bytes_ = 0;      // of those
  std::map<std::size_t, Ended> ended_;  // by the first item
  std::size_t outcome_bytes_ = 0;       // of those
  std::size_t mean_outcome_bytes_ = 0;  // of an item
  std::size_t outcomes_seen_ = 0;
  double all_outcome_bytes_ = 0;
  std::vector<ItemOutcome> arriving_;  // kept for its memory

  Order order_ = Order::input;
  std::size_t next_ = 0;             // in the order of the input; those before it are forgotten
  ItemPlaces forgotten_;             // and these, which were read in the order of arrival
  std::deque<std::size_t> arrived_;  // by their first items, in the order of arrival
  std::optional<std::size_t> chosen_;
  std::size_t fill_at_ = 0;  // when so many are taken there may be room for more
  std::uint64_t arrivals_ = 0;
  bool any_forgotten_ = false;
  std::optional<std::size_t> failed_;
  std::unique_ptr<MapSpectator> spectator_;  // null also once it has seen the end
  Time show_at_{};
  std::unique_ptr<Turns> turns_;  // null unless it is shared
  bool calls_back_ = false;

  // The row that is being read.
  Ended* row_ = nullptr;
  std::span<const std::byte> row_rest_;  // behind the item that was read last
  std::size_t row_next_ = 0;             // and the index of the first in it
  std::span<const std::byte> row_value_;

  // The items of that row that can be read in the order of the input without a look at anything
  // else, the chosen one included; what that passes over is accounted for when it ends.
  std::size_t stretch_left_ = 0;
  std::size_t stretch_begin_ = 0;

  std::atomic<std::size_t> read_{0};                // as read_items_, for other threads
  std::atomic<std::size_t> unsubmitted_{0};         // those that never became a task
  std::atomic<std::size_t> unsubmitted_failed_{0};  // and of them, those that have an error
  std::atomic<std::size_t> total_{unknown};
  std::atomic<bool> input_ended_{false};
  std::atomic<Time> first_submission_{Time{}};
};

/// Takes the next item out of the row. One that isn't there is given as nothing; decoding it says
/// what is wrong.
inline void MapWindow::read_row() {
  ItemReader reader(row_rest_);
  row_value_ = reader.next().value_or(std::span<const std::byte>());
  row_rest_ = reader.rest();
  ++row_next_;
}

}  // namespace muster::detail
