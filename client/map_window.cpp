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
/// Outcomes that nobody has read yet, and, counted for itself, arguments of unfinished tasks.
constexpr std::size_t window_bytes = std::size_t{64} << 20;
/// Work of one task, if items are shorter: what it costs to send one is little beside it, and what
/// another engine could have had meanwhile is not worth speaking of. Round trips on one host are
/// far below it, so they needn't be known.
constexpr nanoseconds chunk_time = std::chrono::milliseconds(1);
/// However short, an item costs its engine this much.
constexpr nanoseconds least_run{50};
/// Taken for the number of engines while the controller hasn't said it.
constexpr std::size_t engines_guess = 8;
/// What keeping an outcome costs beside its body.
constexpr std::size_t outcome_overhead = 256;

}  // namespace

MapWindow::MapWindow(std::shared_ptr<Connection> connection, const Entry& entry,
                     ViewOptions options, std::unique_ptr<MapSource> source)
    : connection_(std::move(connection)),
      entry_(entry),
      options_(std::move(options)),
      window_(options_.window == 0 ? default_window : options_.window),
      source_(std::move(source)),
      batch_(make_batch(connection_, entry_, options_, completions_)) {
  if (const auto size = source_->size()) total_ = *size;
  fill(Reach::ahead);
  if (refusal_) std::rethrow_exception(refusal_);
}

// --- one item after the other ---

void MapWindow::start(Order order) {
  if (chosen_) advance();
  order_ = order;
  arrived_.clear();
  if (order == Order::input) {
    while (next_ < read_ && !items_.contains(next_))
      ++next_;
    return;
  }
  for (const auto& [index, item] : items_) {
    if (item.arrival != 0) arrived_.push_back(index);
  }
  std::sort(arrived_.begin(), arrived_.end(), [this](std::size_t a, std::size_t b) {
    return items_.at(a).arrival < items_.at(b).arrival;
  });
}

bool MapWindow::at_end() {
  const auto known = [this] { return !items_.empty() || input_ended_; };
  wait_until(Time::max(), Reach::ahead, known);
  return items_.empty();
}

std::size_t MapWindow::current() {
  assert(!items_.empty());
  if (chosen_) return *chosen_;
  collect();
  fill(Reach::ahead);
  const auto there = [this] {
    return order_ == Order::input ? has_ended(next_) : !arrived_.empty();
  };
  wait_until(Time::max(), Reach::behind_a_late_one, there);
  if (order_ == Order::input) {
    chosen_ = next_;
  } else {
    chosen_ = arrived_.front();
    arrived_.pop_front();
  }
  return *chosen_;
}

// In the order of the input it is known which item to pass over before it has ended.
void MapWindow::advance() {
  assert(!items_.empty());
  if (order_ == Order::input) {
    forget(next_++);
  } else {
    forget(current());
  }
  chosen_.reset();
}

std::span<const std::byte> MapWindow::outcome(std::size_t index) {
  const Item& item = items_.at(index);
  assert(item.arrival != 0);
  if (item.error) std::rethrow_exception(item.error);
  return value(item.task);
}

// --- all of them ---

bool MapWindow::finish(std::size_t index) {
  const auto known = [&] { return has_ended(index) || (input_ended_ && index >= read_); };
  wait_until(Time::max(), Reach::everything, known);
  return has_ended(index);
}

bool MapWindow::finish_all(Time end) {
  return wait_until(end, Reach::everything, [this] { return input_ended_ && unfinished_ == 0; });
}

void MapWindow::forget(std::size_t index) {
  const auto found = items_.find(index);
  assert(found != items_.end());
  (found->second.arrival != 0 ? outcome_bytes_ : argument_bytes_) -= found->second.bytes;
  items_.erase(found);
  forgotten_ = true;
}

void MapWindow::require_whole() const {
  if (forgotten_) {
    throw ClusterError(
        "get() gives all values of a map, but some were taken already: iterate over a map or get "
        "it, not both");
  }
}

void MapWindow::cancel() {
  batch_->withdraw();
  collect();
  end_input();
  for (const auto& [index, item] : items_) {
    if (item.arrival == 0) wish_cancel(item.task);
  }
}

// --- from any thread ---

Progress MapWindow::progress() const {
  Progress progress;
  progress.total = size();
  progress.done = completions_->summary().settled + rejected_;
  // A task may settle before the thread that submitted it has counted it.
  progress.submitted = std::max(read_.load(), progress.done);
  return progress;
}

std::optional<std::size_t> MapWindow::size() const {
  const std::size_t total = total_;
  return total == unknown ? std::nullopt : std::optional(total);
}

nanoseconds MapWindow::elapsed() const {
  const Time first = first_submission_;
  if (first == Time{}) return {};
  const bool ended = input_ended_ && completions_->summary().settled + rejected_ >= read_;
  return ended ? wall_time() : Clock::now() - first;
}

nanoseconds MapWindow::serial_time() const {
  return completions_->summary().run;
}

nanoseconds MapWindow::wall_time() const {
  const Completions::Summary summary = completions_->summary();
  if (summary.settled == 0) return {};
  return summary.last_received - first_submission_.load();
}

// --- the window ---

/// Takes in what has arrived.
void MapWindow::collect() {
  completions_->take(arriving_);
  for (const Completions::Completion& completion : arriving_) {
    --unfinished_;
    const std::size_t bytes = completion.bytes + outcome_overhead;
    all_outcome_bytes_ += static_cast<double>(bytes);
    mean_outcome_bytes_ =
        static_cast<std::size_t>(all_outcome_bytes_ / static_cast<double>(++outcomes_));
    const auto item = items_.find(completion.index);
    if (item == items_.end()) continue;  // it was passed over
    argument_bytes_ -= item->second.bytes;
    mark_ended(completion.index, item->second, bytes);
  }
}

void MapWindow::mark_ended(std::size_t index, Item& item, std::size_t bytes) {
  item.bytes = bytes;
  outcome_bytes_ += bytes;
  item.arrival = ++arrivals_;
  if (order_ == Order::arrival) arrived_.push_back(index);
}

/// What arrives meanwhile doesn't count: with quick tasks and endless input this would have no end.
void MapWindow::fill(Reach reach) {
  if (starved_ && !submit_batch()) return;
  while (source_ && may_read(reach) && add_next()) {
  }
  submit_batch();  // nothing that was read waits for what comes later
}

/// A chunk begins when there is room for all of it: else a window that is full would get one item
/// for each that is taken out.
bool MapWindow::may_read(Reach reach) {
  if (!has_room(reach)) return false;
  if (chunk_left_ > 0) return true;
  const std::size_t used =
      reach == Reach::ahead ? std::max(unfinished_, items_.size()) : unfinished_;
  const std::size_t room = used < window_ ? window_ - used : 1;
  const std::size_t size = chunk();
  const std::size_t unread = total_ == unknown ? size : total_ - read_;
  if (room < std::min({size, unread, (window_ + 1) / 2})) return false;
  chunk_left_ = std::min(size, room);
  return true;
}

/// Items of the next task: a millisecond of work, large at first and small at the end, so that the
/// engines end together; single ones until it is known how long they take.
std::size_t MapWindow::chunk() const {
  if (options_.chunk != 0) return options_.chunk;
  const nanoseconds run = completions_->typical_run();
  if (run.count() == 0) return 1;
  const std::size_t left = total_ == unknown ? window_ : std::min(window_, total_ - read_);
  const std::size_t known = engines(connection_);
  const std::size_t parts = 2 * (known == 0 ? engines_guess : known);
  const auto wanted = static_cast<std::size_t>(chunk_time / std::max(run, least_run));
  return std::clamp<std::size_t>(wanted, 1, std::max<std::size_t>(1, (left + parts - 1) / parts));
}

/// Room in bytes is judged by what the outcomes so far have taken, as if the unfinished tasks had
/// returned as much already: what has been submitted can't be held back any more. A map that has
/// nothing may always have one.
bool MapWindow::has_room(Reach reach) const {
  if (unfinished_ >= window_) return false;
  if (unfinished_ > 0 && argument_bytes_ >= window_bytes) return false;
  if (reach == Reach::everything || items_.empty()) return true;
  if (reach == Reach::ahead && items_.size() >= window_) return false;
  return outcome_bytes_ + (unfinished_ + 1) * mean_outcome_bytes_ <= window_bytes;
}

/// False at the end of the input, also when that is an exception.
bool MapWindow::read_next() {
  if (held_back_) return true;
  try {
    held_back_ = source_->next();
  } catch (...) {
    add_failed(std::current_exception());
    end_input();
    return false;
  }
  if (!held_back_) end_input();
  return held_back_.has_value();
}

/// False when it couldn't, now or for good.
bool MapWindow::add_next() {
  if (!read_next()) return false;
  const std::size_t index = read_;
  const std::size_t bytes = held_back_->size();
  if (!batch_->takes(bytes) && !submit_batch()) return false;
  if (read_ == rejected_) first_submission_ = Clock::now();
  try {
    PendingPtr task = batch_->add(std::move(*held_back_), index);
    items_.emplace(index, Item{std::move(task), nullptr, bytes, 0});
    argument_bytes_ += bytes;
    ++unfinished_;
    ++read_;
  } catch (const TooLarge&) {
    add_failed(std::current_exception());
  }
  held_back_.reset();
  if (chunk_left_ <= 1) return submit_batch();
  --chunk_left_;
  batch_->hold();
  return true;
}

/// False when there was no room, or when no submission is taken any more.
bool MapWindow::submit_batch() {
  chunk_left_ = 0;
  try {
    starved_ = !batch_->submit();
    return !starved_;
  } catch (...) {
    // The items of the batch have ended with it.
    starved_ = false;
    refusal_ = std::current_exception();
    if (held_back_) add_failed(refusal_);
    end_input();
    return false;
  }
}

void MapWindow::add_failed(std::exception_ptr error) {
  const std::size_t index = read_;
  Item& item = items_[index];
  item.error = std::move(error);
  mark_ended(index, item, outcome_overhead);
  ++rejected_;
  ++read_;
}

void MapWindow::end_input() {
  source_.reset();
  held_back_.reset();
  total_ = read_.load();
  input_ended_ = true;
}

bool MapWindow::has_ended(std::size_t index) const {
  const auto item = items_.find(index);
  return item != items_.end() && item->second.arrival != 0;
}

/// Until `done`, submitting what there is room for meanwhile. False when `end` came first.
template <class Done>
bool MapWindow::wait_until(Time end, Reach reach, Done done) {
  for (;;) {
    collect();
    if (done()) return true;
    fill(reach);
    if (done()) return true;
    if (end != Time::max() && Clock::now() >= end) return false;
    wait_for_completion(connection_, *completions_, starved_ ? batch_->size() : 0, end);
  }
}

}  // namespace muster::detail
