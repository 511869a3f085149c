// What an engine says on a new link: the tasks that it holds, those that it began and may not begin
// again, and nothing of outcomes, which its lane sends by itself.

#include <algorithm>
#include <utility>

#include "engine/session.hpp"
#include "protocol/limits.hpp"

namespace muster::engine {
namespace {

using wire::Header;
using wire::Kind;

/// A record has to fit into a message: some thousand runs each.
constexpr std::size_t runs_per_record = 4096;

}  // namespace

// A new link: indices mean nothing any more. What this process holds is said after the outcomes
// that the lane sends again, so the controller sees first what has ended and then what is open.
void Session::opened() {
  session_of_link_.clear();
  code_of_link_.clear();
  remembered_.clear();
  remembered_recalls_.clear();
  arriving_.clear();
  parked_.clear();
  from_node_.clear();
  early_.clear();
  announced_ = 0;
  for (KnownSession& session : sessions_)
    session.declared = false;
  for (std::uint32_t i = 0; i < sessions_.size(); ++i) {
    const std::string id = raw(sessions_[i].id);
    link_.task().append_first(Header{.kind = Kind::declare_session, .session = i}, {},
                              wire::bytes_of(id));
    sessions_[i].declared = true;
  }
  list_values();
  say_inventory();
  // To a controller, perhaps, that has never heard it.
  if (!executing_) say_retired_if_due();
}

void Session::say_inventory() {
  std::vector<wire::Inventory> inventories;
  const auto of_session = [&](std::uint32_t session) -> wire::Inventory& {
    if (inventories.empty() || inventories.back().session != session ||
        inventories.back().first.size() + inventories.back().begun.size() >= runs_per_record) {
      inventories.emplace_back().session = session;
    }
    return inventories.back();
  };
  const auto add = [&](std::uint32_t session, std::uint64_t attempt, std::uint64_t first,
                       std::uint32_t count, std::uint8_t starts) {
    wire::Inventory& inventory = of_session(session);
    inventory.first.push_back(first);
    inventory.count.push_back(count);
    inventory.attempts.push_back(attempt);
    inventory.starts.push_back(starts);
  };
  const auto add_all = [&](const Assignment& assignment) {
    assignment.for_each_run([&](std::uint64_t first, std::uint32_t count) {
      add(assignment.session, assignment.attempt, first, count, assignment.starts);
    });
  };
  if (executing_) {
    add(executing_->session, executing_->attempt, executing_->counter, 1, executing_->starts);
    inventories.back().executing = true;
  }
  add_all(current_);
  for (const Assignment& assignment : queue_)
    add_all(assignment);
  for (std::uint32_t i = 0; i < sessions_.size(); ++i) {
    if (sessions_[i].begun_forgotten > 0)
      of_session(i).begun_forgotten = sessions_[i].begun_forgotten;
  }
  for (const Begun& begun : begun_)
    of_session(begun.session).begun.push_back(begun.counter);
  if (inventories.empty()) inventories.emplace_back();
  for (std::size_t i = 0; i < inventories.size(); ++i) {
    const bool last = i + 1 == inventories.size();
    const detail::Buffer body = pack(inventories[i]);
    // `attempt` names the link: this record may be kept and sent again on a later one, where it
    // would be old news.
    link_.task().append(Header{.kind = Kind::inventory, .flags = last, .attempt = link()}, {},
                        body.bytes());
  }
}

/// Only a controller that was started again asks whether a task had begun here, and only of tasks
/// whose outcome its client lacks: the newest are enough, if it is said which are forgotten.
void Session::remember_begun(std::uint32_t session, std::uint64_t counter) {
  begun_.push_back({session, counter});
  if (begun_.size() <= wire::begun_remembered_max) return;
  const Begun oldest = begun_.front();
  begun_.pop_front();
  std::uint64_t& forgotten = sessions_[oldest.session].begun_forgotten;
  forgotten = std::max(forgotten, oldest.counter + 1);
}

}  // namespace muster::engine
