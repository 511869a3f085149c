#include "controller/session_table.hpp"

#include <algorithm>
#include <cassert>

namespace muster::controller {
namespace {

/// Tasks of one session that may be open at once. A client's library blocks beyond it, so that a
/// loop that submits for ever bounds the controller's memory and its own.
constexpr std::uint64_t open_tasks_max = std::uint64_t{1} << 18;
/// Counters between the oldest unsettled task and the newest: one straggler must not stop its
/// session, nor let the table of settled ones behind it grow without bound.
constexpr std::uint64_t span_max = std::uint64_t{1} << 22;

}  // namespace

TaskRef ClientSession::find(std::uint64_t counter) const {
  if (counter < base_) return settled;
  if (counter >= end()) return unseen;
  const TaskRef entry = tasks_[counter - base_];
  return is_open(entry) || entry == unseen ? entry : settled;
}

std::uint64_t ClientSession::end_of_unseen(std::uint64_t counter, std::uint64_t most) const {
  assert(find(counter) == unseen);
  if (counter >= end()) return most;
  while (counter < std::min(most, end()) && tasks_[counter - base_] == unseen)
    ++counter;
  return counter < end() ? counter : most;
}

std::string ClientSession::name_of(std::uint64_t counter) const {
  return id.hex().substr(0, 8) + "-" + std::to_string(counter);
}

Gates::Awaited ClientSession::awaited(std::uint64_t counter) const {
  using State = Gates::Awaited::State;
  if (counter < base_ || counter >= end()) return {};
  const TaskRef entry = tasks_[counter - base_];
  if (entry == unseen) return {};
  if (is_open(entry)) return {State::open, {}, none};
  const EngineRef engine = entry & no_engine;
  const auto kind = static_cast<wire::OutcomeKind>(entry >> engine_bits & 0xf);
  return {State::ended, kind, engine == no_engine ? none : engine,
          kind == wire::OutcomeKind::value ? std::string() : name_of(counter)};
}

void ClientSession::open_task(std::uint64_t counter, TaskRef task, std::uint32_t count) {
  assert(find(counter) == unseen);
  open_ += count;
  if (counter == end()) {  // as most of them
    if (count == 1) {
      tasks_.push_back(task);
    } else {
      tasks_.insert(tasks_.end(), count, task);
    }
    return;
  }
  if (end() < counter + count) tasks_.resize(counter + count - base_, unseen);
  std::fill_n(tasks_.begin() + place(counter), count, task);
}

void ClientSession::reassign(std::uint64_t counter, std::uint32_t count, TaskRef task) {
  assert(counter >= base_ && counter + count <= end());
  std::fill_n(tasks_.begin() + place(counter), count, task);
}

void ClientSession::settle(std::uint64_t counter, std::uint32_t count, wire::OutcomeKind kind,
                           EngineRef engine) {
  assert(counter >= base_ && counter + count <= end());
  const TaskRef ending =
      first_ending | static_cast<TaskRef>(kind) << engine_bits | std::min(engine, no_engine);
  open_ -= count;
  if (count == 1) {
    tasks_[counter - base_] = ending;
  } else {
    std::fill_n(tasks_.begin() + place(counter), count, ending);
  }
}

void ClientSession::forget(std::uint64_t counter) {
  assert(find(counter) < unseen);
  tasks_[counter - base_] = unseen;
  --open_;
}

std::vector<TaskRef> ClientSession::advance(std::uint64_t watermark) {
  std::vector<TaskRef> unwanted;
  if (base_ < watermark) {
    const std::uint64_t passed = std::min<std::uint64_t>(tasks_.size(), watermark - base_);
    const auto last = tasks_.begin() + static_cast<std::ptrdiff_t>(passed);
    for (auto entry = tasks_.begin(); entry != last; ++entry) {
      if (is_open(*entry)) unwanted.push_back(*entry);
    }
    open_ -= unwanted.size();
    tasks_.erase(tasks_.begin(), last);
    base_ += passed;
  }
  // A session that this controller has only just met begins where its client is.
  if (tasks_.empty()) base_ = std::max(base_, watermark);
  return unwanted;
}

std::uint64_t ClientSession::credit() const {
  const std::uint64_t free = open_tasks_max - std::min<std::uint64_t>(open_, open_tasks_max);
  return std::min(end() + free, limit());
}

std::uint64_t ClientSession::limit() const {
  return base_ + span_max;
}

std::vector<TaskRef> ClientSession::open_tasks() const {
  std::vector<TaskRef> open;
  for (const TaskRef task : tasks_) {
    if (is_open(task) && (open.empty() || open.back() != task)) open.push_back(task);
  }
  return open;
}

SessionRef SessionTable::find(const wire::Uuid& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? none : found->second;
}

SessionRef SessionTable::add(const wire::Uuid& id, ImageRef image) {
  const auto session = static_cast<SessionRef>(sessions_.size());
  sessions_.push_back(std::make_unique<ClientSession>(id, image));
  by_id_.emplace(id, session);
  return session;
}

void SessionTable::remove(SessionRef session) {
  by_id_.erase(sessions_[session]->id);
  sessions_[session].reset();
}

}  // namespace muster::controller
