// How far a map reads ahead of its results, and how many items share a task.

#include <algorithm>
#include <cassert>
#include <utility>

#include <muster/detail/map_window.hpp>
#include <muster/error.hpp>

namespace muster::detail {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

/// Unfinished tasks of a map by default: what keeps some hundreds of engines busy with tasks of a
/// millisecond over a round trip, and costs a client a few megabytes.
constexpr std::size_t default_window = 4096;
/// Of quick items more, because that many are done before others have come: what keeps each engine
/// busy for so long. It is bounded, so that reading ahead is.
constexpr nanoseconds window_time = std::chrono::milliseconds(4);
constexpr std::size_t quick_window_max = 65'536;
/// Outcomes that nobody has read yet, and, counted for itself, arguments of unfinished tasks.
constexpr std::size_t window_bytes = std::size_t{64} << 20;
/// Large arguments are read less far ahead, so that one item's memory is the next one's while it is
/// in the processor's caches: so many for each engine, and as much as is on its way anyhow.
constexpr std::size_t items_ahead = 4;
constexpr std::size_t warm_bytes = std::size_t{8} << 20;
/// Work of one task, if items are shorter: what it costs to send one is little beside it, and what
/// another engine could have had meanwhile is not worth speaking of. Round trips on one host are
/// far below it, so they needn't be known.
constexpr nanoseconds chunk_time = std::chrono::milliseconds(1);
/// However short, an item costs its engine this much.
constexpr nanoseconds least_run{50};
/// Taken for the number of engines while the controller hasn't said it.
constexpr std::size_t engines_guess = 8;
}  // namespace

std::size_t MapWindow::window() const {
  if (options_.window != 0) return options_.window;
  const nanoseconds run = outcomes_->typical_run();
  if (run.count() == 0) return default_window;
  const auto items = static_cast<std::size_t>(window_time / std::max(run, least_run));
  return std::clamp(items * known_engines(), default_window, quick_window_max);
}

std::size_t MapWindow::known_engines() const {
  const std::size_t known = engines(connection_);
  return known == 0 ? engines_guess : known;
}

/// What arrives meanwhile doesn't count: with quick tasks and endless input this would have no end.
void MapWindow::fill(Reach reach) {
  if (starved_ && !submit_batch()) return;
  window_ = window();
  while (source_ && may_read(reach) && add_items(reach)) {
  }
  submit_batch();  // nothing that was read waits for what comes later
  const std::size_t room = window_ - std::min(window_, alive());
  const std::size_t wanted = std::max(wanted_room(), room + 1);
  fill_at_ = taken() + (starved_ ? 1 : wanted - room);
}

/// A chunk begins when there is room for all of it: else a window that is full would get one item
/// for each that is taken out.
bool MapWindow::may_read(Reach reach) {
  if (!has_room(reach)) return false;
  if (chunk_left_ > 0) return true;
  const std::size_t used = reach == Reach::ahead ? std::max(unfinished_, alive()) : unfinished_;
  const std::size_t room = used < window_ ? window_ - used : 1;
  if (room < wanted_room()) return false;
  chunk_left_ = std::min(chunk(), room);
  return true;
}

/// For the next chunk.
std::size_t MapWindow::wanted_room() const {
  const std::size_t size = chunk();
  const std::size_t unread = total_ == unknown ? size : total_ - read_items_;
  return std::min({size, unread, (window_ + 1) / 2});
}

/// Items of the next task: a millisecond of work, large at first and small at the end, so that the
/// engines end together; single ones until it is known how long they take.
std::size_t MapWindow::chunk() const {
  if (options_.chunk != 0) return options_.chunk;
  const nanoseconds run = outcomes_->typical_run();
  if (run.count() == 0) return 1;
  const std::size_t left = total_ == unknown ? window_ : std::min(window_, total_ - read_items_);
  const std::size_t parts = 2 * known_engines();
  const auto wanted = static_cast<std::size_t>(chunk_time / std::max(run, least_run));
  return std::clamp<std::size_t>(wanted, 1, std::max<std::size_t>(1, (left + parts - 1) / parts));
}

std::size_t MapWindow::argument_window() const {
  const std::size_t each = argument_bytes_ / std::max<std::size_t>(1, unfinished_);
  if (each >= window_bytes / known_engines()) return window_bytes;
  return std::clamp(items_ahead * known_engines() * each, warm_bytes, window_bytes);
}

/// Room in bytes is judged by what the outcomes so far have taken, as if the unfinished tasks had
/// returned as much already: what has been submitted can't be held back any more. A map that has
/// nothing may always have one.
bool MapWindow::has_room(Reach reach) const {
  if (unfinished_ >= window_) return false;
  if (argument_bytes_ >= warm_bytes && argument_bytes_ >= argument_window()) return false;
  if (reach == Reach::everything || alive() == 0) return true;
  if (reach == Reach::ahead && alive() >= window_) return false;
  return outcome_bytes_ + (unfinished_ + 1) * mean_outcome_bytes_ <= window_bytes;
}

/// False at the end of the input, also when that is an exception.
bool MapWindow::read_next() {
  if (held_back_) return true;
  encoded_.clear();
  try {
    held_back_ = source_->next(encoded_);
  } catch (...) {
    add_failed(std::current_exception());
    end_input();
    return false;
  }
  if (!held_back_) end_input();
  return held_back_;
}

/// Items behind the first of a batch at once, if they can be read so. False when none could be
/// added, now or for good.
bool MapWindow::add_items(Reach reach) {
  if (batch_empty_ || held_back_ || chunk_left_ < 2 || source_->item_max() == 0 || finished_)
    return add_next();
  batch_->hold();
  const RowSpace row = batch_->space();
  if (row.left() < source_->item_max()) return add_next();
  const std::uint64_t before = row.added->load(std::memory_order_relaxed);
  bool more = true;
  std::exception_ptr error;
  try {
    more = source_->next_items(row, std::min(chunk_left_ - 1, outcomes_left(reach)));
  } catch (...) {
    error = std::current_exception();
  }
  const std::uint64_t added = row.added->load(std::memory_order_relaxed) - before;
  note_added(added >> 32, static_cast<std::uint32_t>(added));
  chunk_left_ -= added >> 32;
  if (error) add_failed(error);
  if (error || !more) end_input();
  // The chunk's last one goes the way on which it is submitted; so does one that found no room.
  return source_ && (added > 0 || add_next());
}

/// How many items there is room for as far as their outcomes' bytes go, one at least.
std::size_t MapWindow::outcomes_left(Reach reach) const {
  if (reach == Reach::everything || mean_outcome_bytes_ == 0) return unknown;
  const std::size_t bytes = window_bytes - std::min(window_bytes, outcome_bytes_);
  const std::size_t items = bytes / mean_outcome_bytes_;
  return items > unfinished_ ? items - unfinished_ : 1;
}

/// The item that was read, if it needs no task, because an earlier run has finished it; false when
/// it couldn't be added now. Nothing when it needs one.
std::optional<bool> MapWindow::add_finished() {
  ItemOutcome outcome;
  std::exception_ptr error;
  try {
    std::optional<Buffer> value = finished_->find(read_items_, encoded_.bytes());
    if (!value) return std::nullopt;
    outcome.body = *std::move(value);
  } catch (...) {
    error = std::current_exception();
  }
  // What is in the batch goes first: those behind this one are no neighbours of it.
  const std::size_t left = chunk_left_;
  if (!batch_empty_ && !submit_batch()) return false;
  chunk_left_ = left;
  outcome.index = read_items_;
  add_ended(std::move(outcome), std::move(error));
  held_back_ = false;
  return true;
}

/// False when it couldn't, now or for good.
bool MapWindow::add_next() {
  if (!read_next()) return false;
  if (finished_) {
    if (const auto added = add_finished()) return *added;
  }
  try {
    if (!batch_->add(encoded_.bytes(), read_items_)) {
      const std::size_t left = chunk_left_;
      if (!submit_batch()) return false;
      chunk_left_ = left;
      [[maybe_unused]] const bool added = batch_->add(encoded_.bytes(), read_items_);
      assert(added);
    }
    note_added(1, encoded_.size());
  } catch (const TooLarge&) {
    add_failed(std::current_exception());
  }
  held_back_ = false;
  if (chunk_left_ <= 1) return submit_batch();
  --chunk_left_;
  batch_->hold();
  return true;
}

void MapWindow::note_added(std::size_t items, std::size_t bytes) {
  if (items == 0) return;
  if (std::exchange(batch_empty_, false)) {
    if (first_submission_.load(std::memory_order_relaxed) == Time{})
      first_submission_ = Clock::now();
    sent_.push_back({.first = read_items_});
  }
  Sent& sent = sent_.back();
  sent.open += items;
  sent.bytes += bytes;
  argument_bytes_ += bytes;
  unfinished_ += items;
  read_items_ += items;
  read_.store(read_items_, std::memory_order_relaxed);
}

/// False when there was no room, or when no submission is taken any more.
bool MapWindow::submit_batch() {
  chunk_left_ = 0;
  try {
    starved_ = !batch_->submit();
    if (!starved_) batch_empty_ = true;
    return !starved_;
  } catch (...) {
    // The items of the batch have ended with it.
    starved_ = false;
    batch_empty_ = true;
    refusal_ = std::current_exception();
    if (held_back_) add_failed(refusal_);
    end_input();
    return false;
  }
}

void MapWindow::add_failed(std::exception_ptr error) {
  ItemOutcome outcome;
  outcome.index = read_items_;
  add_ended(std::move(outcome), std::move(error));
}

/// An item that never becomes a task.
void MapWindow::add_ended(ItemOutcome outcome, std::exception_ptr error) {
  if (error) ++unsubmitted_failed_;
  note_ended(std::move(outcome), std::move(error));
  ++unsubmitted_;
  read_.store(++read_items_, std::memory_order_relaxed);
}

void MapWindow::end_input() {
  source_.reset();
  held_back_ = false;
  total_ = read_items_;
  input_ended_ = true;
}

}  // namespace muster::detail
