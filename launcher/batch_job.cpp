#include "launcher/batch_job.hpp"

#include <algorithm>
#include <map>
#include <sstream>

namespace muster::launcher {
namespace {

using namespace std::chrono_literals;

// What a system doesn't name once may be on its way from one list to another.
constexpr int absences_max = 3;

/// What a command has to say about why it failed, in one line.
std::string words_of(const CommandOutput& said) {
  std::string line;
  for (const std::string* text : {&said.err, &said.out}) {
    std::istringstream lines(*text);
    for (std::string next; std::getline(lines, next);) {
      if (next.empty()) continue;
      line += (line.empty() ? "" : "; ") + next;
    }
    if (!line.empty()) return line;
  }
  return said.exit ? said.exit->text() : "it didn't answer in time";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string plural(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace

BatchJob::BatchJob(const BatchSystem& system, int engines, int blocks,
                   std::chrono::seconds patience)
    : system_(system),
      block_engines_(static_cast<std::uint32_t>(engines / blocks)),
      patience_(patience),
      deleted_(static_cast<std::size_t>(blocks)),
      absent_(static_cast<std::size_t>(blocks)) {
  for (int i = 0; i < blocks; ++i)
    blocks_.push_back({.index = i});
}

std::string BatchJob::name_of(int block) const {
  return "job " + (blocks_.size() > 1 ? system_.block_name(id_, block) : id_);
}

BatchOrders BatchJob::submit() {
  if (phase_ != Phase::unsubmitted) return {};
  phase_ = Phase::submitting;
  return {SubmitOrder{}};
}

BatchOrders BatchJob::submitted(const CommandOutput& said, Instant now) {
  const auto id = said.ok() ? system_.job_in(said.out) : std::nullopt;
  if (!id) {
    phase_ = Phase::over;
    for (BlockReport& block : blocks_)
      block.state = BlockState::lost;
    return {NewsOrder{system_.submit.front() + " refuses the job: " + words_of(said) +
                      "; what it got is what muster job-script prints"},
            ChangeOrder{}};
  }
  id_ = *id;
  if (unwanted_) {
    phase_ = Phase::removing;
    return {ChangeOrder{}, RemoveOrder{}};
  }
  phase_ = Phase::there;
  changed_ = now;
  poll_at_ = now;
  return {ChangeOrder{}};
}

BatchOrders BatchJob::tick(Instant now) {
  BatchOrders orders;
  if (phase_ != Phase::there || !poll_at_ || now < *poll_at_) return orders;
  say_who_is_late(now, orders);
  poll_at_.reset();
  orders.emplace_back(PollOrder{});
  return orders;
}

std::optional<BatchJob::Instant> BatchJob::deadline() const {
  return phase_ == Phase::there ? poll_at_ : std::nullopt;
}

/// Sites don't like to be asked often; a user doesn't like to wait when something has just changed.
std::chrono::seconds BatchJob::interval(Instant now) const {
  const auto quiet = now - changed_;
  return quiet < 30s ? 1s : quiet < 5min ? 5s : 20s;
}

BatchOrders BatchJob::polled(const CommandOutput& said, Instant now) {
  BatchOrders orders;
  // Asked before it was to be deleted.
  if (phase_ == Phase::removing && remove_error_.empty()) return orders;
  const auto reports = system_.blocks_in(id_, said);
  if (reports) take(*reports, now, orders);
  if (phase_ == Phase::removing) {
    // What it couldn't delete had perhaps ended by itself.
    if (!reports || !all_final()) {
      orders.emplace_back(NewsOrder{"job " + id_ + " can't be deleted: " + remove_error_ +
                                    "; do it with: " + joined(system_.remove(id_))});
    }
    phase_ = Phase::over;
    return orders;
  }
  if (phase_ != Phase::there) return orders;
  if (!reports && !poll_fails_) {
    orders.emplace_back(NewsOrder{"it can't be seen how job " + id_ + " is: " + words_of(said) +
                                  "; looking again"});
  }
  poll_fails_ = !reports;
  if (all_final()) {
    phase_ = Phase::over;
  } else {
    say_what_waits(orders);
    poll_at_ = now + interval(now);
  }
  return orders;
}

void BatchJob::take(const std::vector<BlockReport>& reports, Instant now, BatchOrders& orders) {
  for (BlockReport& block : blocks_) {
    const auto i = static_cast<std::size_t>(block.index);
    const auto report = std::find_if(reports.begin(), reports.end(), [&](const BlockReport& each) {
      return each.index == block.index;
    });
    if (report != reports.end()) {
      absent_[i] = 0;
      change(block, *report, now, orders);
    } else if (++absent_[i] >= absences_max || phase_ == Phase::removing) {
      change(block, {.index = block.index, .state = BlockState::lost}, now, orders);
    }
  }
}

void BatchJob::change(BlockReport& block, BlockReport next, Instant now, BatchOrders& orders) {
  if (is_final(block.state)) return;
  const auto i = static_cast<std::size_t>(block.index);
  deleted_[i] = deleted_[i] || next.deleting;
  if (is_final(next.state) && deleted_[i]) next = {block.index, BlockState::cancelled};
  if (block.state == next.state && block.reason == next.reason && block.host == next.host) return;
  const BlockState before = block.state;
  const std::string host = block.host;
  block = std::move(next);
  orders.emplace_back(ChangeOrder{});
  if (block.state == before) return;
  changed_ = now;
  const std::string who = name_of(block.index);
  const std::string where = host.empty() ? "" : ", which ran on " + host + ",";
  const auto tell = [&](const std::string& text) {
    // Who has it deleted, or ends the cluster, knows.
    if (phase_ == Phase::there) orders.emplace_back(NewsOrder{who + text, block.index});
  };
  switch (block.state) {
    case BlockState::running:
      running_since_ = now;
      break;
    case BlockState::pending:
      tell(where + " is in the queue again; its tasks go elsewhere meanwhile");
      waiting_.clear();
      break;
    case BlockState::ended:
      tell(where + " has ended");
      break;
    case BlockState::failed:
      tell(where + " has failed: " + (block.reason.empty() ? "no reason given" : block.reason));
      break;
    case BlockState::cancelled:
      tell(where + " was cancelled");
      break;
    case BlockState::lost:
      tell(where + " isn't known to " + std::string(system_.title) + " any more");
      break;
  }
}

/// One line for all blocks, when it is another than the last.
void BatchJob::say_what_waits(BatchOrders& orders) {
  std::map<std::string, std::size_t> reasons;
  std::size_t waiting = 0;
  for (const BlockReport& block : blocks_) {
    if (block.state != BlockState::pending) continue;
    ++waiting;
    if (!block.reason.empty()) ++reasons[block.reason];
  }
  std::string text;
  for (const auto& [reason, count] : reasons)
    text += (text.empty() ? "" : ", ") + reason;
  if (waiting == 0 || text.empty() || text == waiting_) return;
  waiting_ = text;
  const std::string some = blocks_.size() == 1 ? ""
                                               : ", " + plural(waiting, "block") + " of " +
                                                     std::to_string(blocks_.size());
  orders.emplace_back(NewsOrder{"job " + id_ + some + ": waits for its turn (" + text + ")"});
}

void BatchJob::say_who_is_late(Instant now, BatchOrders& orders) {
  if (!running_since_ || now - *running_since_ < patience_) return;
  running_since_.reset();
  const std::uint32_t wanted = static_cast<std::uint32_t>(running_blocks()) * block_engines_;
  if (engines_ready_ >= wanted) return;
  const auto one = std::find_if(blocks_.begin(), blocks_.end(), [](const BlockReport& block) {
    return block.state == BlockState::running;
  });
  orders.emplace_back(NewsOrder{"job " + id_ + " has run for " + std::to_string(patience_.count()) +
                                    " s, and only " + std::to_string(engines_ready_) + " of its " +
                                    plural(wanted, "engine") + " have come",
                                one->index});
}

BatchOrders BatchJob::remove() {
  unwanted_ = true;
  switch (phase_) {
    case Phase::unsubmitted:
      phase_ = Phase::over;
      return {};
    case Phase::there:
      phase_ = Phase::removing;
      return {RemoveOrder{}};
    case Phase::submitting:  // its id comes
    case Phase::removing:
    case Phase::over:
      return {};
  }
  return {};
}

BatchOrders BatchJob::removed(const CommandOutput& said) {
  if (phase_ != Phase::removing) return {};
  if (said.ok()) {
    for (BlockReport& block : blocks_) {
      if (!is_final(block.state)) block.state = BlockState::cancelled;
    }
    phase_ = Phase::over;
    return {ChangeOrder{}};
  }
  remove_error_ = words_of(said);
  return {PollOrder{}};
}

bool BatchJob::all_final() const {
  return std::all_of(blocks_.begin(), blocks_.end(),
                     [](const BlockReport& block) { return is_final(block.state); });
}

int BatchJob::running_blocks() const {
  return static_cast<int>(
      std::count_if(blocks_.begin(), blocks_.end(),
                    [](const BlockReport& block) { return block.state == BlockState::running; }));
}

std::uint32_t BatchJob::engines_expected() const {
  return block_engines_ * static_cast<std::uint32_t>(std::count_if(
                              blocks_.begin(), blocks_.end(),
                              [](const auto& block) { return !is_final(block.state); }));
}

bool BatchJob::complete() const {
  return engines_ready_ >= engines_expected();
}

}  // namespace muster::launcher
