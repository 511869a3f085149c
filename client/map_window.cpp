#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <mutex>
#include <utility>

#include <muster/detail/map_window.hpp>
#include <muster/error.hpp>

namespace muster::detail {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

/// What keeping an outcome costs beside its body.
constexpr std::size_t outcome_overhead = 256;
/// How often a spectator is shown something.
constexpr std::chrono::milliseconds show_interval{100};

}  // namespace

/// A timed mutex would be half of this, and the thread sanitizer doesn't know its clock.
class MapWindow::Turns {
 public:
  bool take(Time end) {
    std::unique_lock lock(mutex_);
    const auto free = [this] { return !taken_; };
    if (end == Time::max()) {
      freed_.wait(lock, free);
    } else if (!freed_.wait_until(lock, end, free)) {
      return false;
    }
    return taken_ = true;
  }
  void give_back() {
    const std::scoped_lock lock(mutex_);
    taken_ = false;
    freed_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  bool taken_ = false;
};

MapWindow::MapWindow(std::shared_ptr<Connection> connection, const Entry& entry,
                     ViewOptions options, std::unique_ptr<MapSource> source, BoundValues values)
    : connection_(std::move(connection)),
      entry_(entry),
      options_(std::move(options)),
      source_(std::move(source)),
      batch_(make_batch(connection_, entry_, options_, outcomes_, std::move(values))),
      finished_(finished_items(options_, entry_)) {
  if (const auto size = source_->size()) total_ = *size;
  if (options_.item_info) outcomes_->keep_info();
  fill(Reach::ahead);
  if (refusal_) std::rethrow_exception(refusal_);
}

MapWindow::~MapWindow() {
  if (!spectator_) return;
  // It was left before its end, by a failure or by who has seen enough: that is what is shown.
  try {
    spectator_->look_for_the_last_time(progress(), elapsed());
  } catch (...) {  // nobody waits who could be told
  }
}

// --- one item after the other ---

void MapWindow::start(Order order) {
  end_stretch();
  if (chosen_) advance();
  order_ = order;
  arrived_.clear();
  if (order == Order::input) {
    pass_forgotten();
    return;
  }
  for (const auto& [first, ended] : ended_)
    arrived_.push_back(first);
  std::sort(arrived_.begin(), arrived_.end(), [this](std::size_t a, std::size_t b) {
    return ended_.at(a).arrival < ended_.at(b).arrival;
  });
}

bool MapWindow::at_end_of_input() {
  const auto known = [this] { return alive() > 0 || input_ended_; };
  wait_until(Time::max(), Reach::ahead, known);
  return alive() == 0;
}

/// Mostly the item is there already, and nothing else has to be looked at.
std::size_t MapWindow::choose() {
  assert(alive() > 0);
  if (!next_has_arrived() || !outcomes_->empty() || taken() >= fill_at_) {
    collect();
    fill(Reach::ahead);
    wait_until(Time::max(), Reach::behind_a_late_one, [this] { return next_has_arrived(); });
  }
  chosen_ = order_ == Order::input ? next_ : forgotten_.behind(std::max(arrived_.front(), next_));
  if (order_ == Order::input) begin_stretch();
  return *chosen_;
}

/// Of values that came in one row many can be read before there may be room for new ones.
void MapWindow::begin_stretch() {
  const Ended& there = *ended(next_);
  if (there.outcome.count == 1 || there.outcome.how != ItemOutcome::How::value) return;
  if (!forgotten_.empty() || fill_at_ <= taken()) return;
  seek_outcome(next_);
  stretch_begin_ = next_;
  stretch_left_ = std::min(there.end() - next_, fill_at_ - taken());
}

void MapWindow::end_stretch() {
  if (std::exchange(stretch_left_, 0) == 0) return;
  const std::size_t passed = *chosen_ - stretch_begin_;
  if (passed == 0) return;
  any_forgotten_ = true;
  next_ += passed;
  row_->left -= passed;
  outcome_bytes_ -= row_->bytes * passed;
}

bool MapWindow::next_has_arrived() {
  return order_ == Order::input ? has_ended(next_) : !arrived_.empty();
}

// In the order of the input it is known which item to pass over before it has ended.
void MapWindow::advance_slowly() {
  end_stretch();
  assert(alive() > 0);
  forget(order_ == Order::input ? next_ : current());
  chosen_.reset();
}

std::span<const std::byte> MapWindow::seek_outcome(std::size_t index) {
  end_stretch();
  Ended* const there = ended(index);
  assert(there != nullptr);
  if (there->error) std::rethrow_exception(there->error);
  const ItemOutcome& outcome = there->outcome;
  if (outcome.how != ItemOutcome::How::value) throw_error(outcome);
  if (outcome.count == 1) return outcome.body.bytes();
  if (there != row_ || index + 1 < row_next_) {
    row_ = there;
    row_rest_ = outcome.body.bytes();
    row_next_ = outcome.index;
  }
  while (row_next_ <= index)
    read_row();
  return row_value_;
}

// --- all of them ---

bool MapWindow::finish(std::size_t index) {
  end_stretch();
  const auto known = [&] { return has_ended(index) || (input_ended_ && index >= read_items_); };
  wait_until(Time::max(), Reach::everything, known);
  return has_ended(index);
}

bool MapWindow::finish_unless_failed(std::size_t index) {
  end_stretch();
  const auto known = [&] {
    return failed_ || has_ended(index) || (input_ended_ && index >= read_items_);
  };
  wait_until(Time::max(), Reach::everything, known);
  return has_ended(index);
}

void MapWindow::read_all() {
  end_stretch();
  wait_until(Time::max(), Reach::everything,
             [this] { return input_ended_ && batch_->size() == 0; });
}

AwaitedItems MapWindow::awaited() {
  read_all();
  return {connection_, outcomes_, unsubmitted_, unsubmitted_failed_};
}

bool MapWindow::finish_all(Time end) {
  end_stretch();
  return wait_until(end, Reach::everything, [this] { return input_ended_ && unfinished_ == 0; });
}

void MapWindow::forget(std::size_t index) {
  end_stretch();
  any_forgotten_ = true;
  if (Ended* const there = ended(index)) {
    outcome_bytes_ -= there->bytes;
    if (--there->left == 0) drop(*there);
  }
  if (index != next_) {
    forgotten_.add(index);
    return;
  }
  ++next_;
  if (!forgotten_.empty()) pass_forgotten();
}

void MapWindow::pass_forgotten() {
  next_ = forgotten_.behind(next_);
  forgotten_.drop_below(next_);
}

void MapWindow::drop(const Ended& ended) {
  const std::size_t first = ended.outcome.index;
  if (row_ == &ended) row_ = nullptr;
  if (!arrived_.empty() && arrived_.front() == first) {
    arrived_.pop_front();
  } else {
    std::erase(arrived_, first);
  }
  ended_.erase(first);
}

void MapWindow::require_whole() const {
  if (any_forgotten_ || (stretch_left_ > 0 && *chosen_ != stretch_begin_)) {
    throw ClusterError(
        "get() gives all values of a map, but some were taken already: iterate over a map or get "
        "it, not both");
  }
}

void MapWindow::cancel() {
  end_stretch();
  batch_->withdraw();
  collect();
  end_input();
  if (unfinished_ > 0) wish_cancel(connection_, *outcomes_);
}

// --- several threads ---

void MapWindow::share() {
  turns_ = std::make_unique<Turns>();
}

MapWindow::Turn::Turn(Turns* turns, Time end)
    : turns_(turns), mine_(turns == nullptr || turns->take(end)) {}

MapWindow::Turn::~Turn() {
  if (turns_ != nullptr && mine_) turns_->give_back();
}

// --- from any thread ---

Progress MapWindow::progress() const {
  Progress progress;
  progress.total = size();
  const ItemOutcomes::Summary summary = outcomes_->summary();
  progress.done = summary.settled + unsubmitted_;
  progress.failed = summary.failed + unsubmitted_failed_;
  progress.running = outcomes_->running();
  progress.engines = engines(connection_);
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
  const bool ended = input_ended_ && outcomes_->summary().settled + unsubmitted_ >= read_;
  return ended ? wall_time() : Clock::now() - first;
}

nanoseconds MapWindow::serial_time() const {
  return outcomes_->summary().run;
}

nanoseconds MapWindow::wall_time() const {
  const ItemOutcomes::Summary summary = outcomes_->summary();
  if (summary.settled == 0) return {};
  return summary.last_received - first_submission_.load();
}

// --- what arrives ---

/// Takes in what has arrived.
void MapWindow::collect() {
  outcomes_->take(arriving_);
  for (ItemOutcome& outcome : arriving_) {
    note_settled(outcome.index, outcome.count);
    if (finished_) finished_->note(outcome);
    note_ended(std::move(outcome), nullptr);
  }
  if (finished_) finished_->write();
  // Not for each item that is looked at: that needs the time.
  if (spectator_ && (!arriving_.empty() || (input_ended_ && unfinished_ == 0))) show();
}

void MapWindow::show() {
  const Time now = Clock::now();
  if (input_ended_ && unfinished_ == 0) {
    std::exchange(spectator_, nullptr)->look_for_the_last_time(progress(), elapsed());
  } else if (now >= show_at_) {
    spectator_->look(progress(), elapsed());
    show_at_ = now + show_interval;
  }
}

/// Their arguments don't count any more.
void MapWindow::note_settled(std::size_t index, std::size_t count) {
  unfinished_ -= count;
  auto sent =
      std::upper_bound(sent_.begin(), sent_.end(), index,
                       [](std::size_t wanted, const Sent& each) { return wanted < each.first; });
  assert(sent != sent_.begin());
  for (--sent; count > 0; ++sent) {
    const auto next = std::next(sent);
    const std::size_t end = next == sent_.end() ? read_items_ : next->first;
    const std::size_t here = std::min(count, end - index);
    const std::size_t bytes = sent->open == here ? sent->bytes : sent->bytes / sent->open * here;
    sent->open -= here;
    sent->bytes -= bytes;
    argument_bytes_ -= bytes;
    index += here;
    count -= here;
  }
  while (!sent_.empty() && sent_.front().open == 0)
    sent_.pop_front();
}

void MapWindow::note_ended(ItemOutcome outcome, std::exception_ptr error) {
  const std::size_t bytes = outcome.body.size() + outcome_overhead;
  const std::size_t each = std::max<std::size_t>(1, bytes / outcome.count);
  all_outcome_bytes_ += static_cast<double>(bytes);
  outcomes_seen_ += outcome.count;
  mean_outcome_bytes_ =
      static_cast<std::size_t>(all_outcome_bytes_ / static_cast<double>(outcomes_seen_));
  const std::size_t first = outcome.index;
  const std::size_t end = first + outcome.count;
  if (!failed_ && (error || outcome.how != ItemOutcome::How::value)) failed_ = first;
  if (end <= next_) return;  // passed over
  const std::size_t left = end - std::max(first, next_);
  outcome_bytes_ += each * left;
  ended_.emplace(first, Ended{std::move(outcome), std::move(error), ++arrivals_, left, each});
  if (order_ == Order::arrival) arrived_.push_back(first);
}

/// With its neighbours; null when it hasn't ended, or all of these were forgotten.
MapWindow::Ended* MapWindow::ended(std::size_t index) {
  if (row_ != nullptr && index >= row_->outcome.index && index < row_->end()) return row_;
  const auto behind = ended_.upper_bound(index);
  if (behind == ended_.begin()) return nullptr;
  Ended& before = std::prev(behind)->second;
  return index < before.end() ? &before : nullptr;
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
    wait_for_outcomes(connection_, *outcomes_, starved_ ? batch_->size() : 0,
                      spectator_ ? std::min(end, show_at_) : end);
    if (spectator_) show();
  }
}

}  // namespace muster::detail
