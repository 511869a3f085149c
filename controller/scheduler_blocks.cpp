// Sessions that get no dispatch for a while. Their tasks stay where they wait, but nothing that
// concerns others sees them: no turn, no wish for an engine, no place in front of another's task.

#include <algorithm>
#include <utility>

#include "controller/scheduler.hpp"

namespace muster::controller {

void Scheduler::block(SessionRef session) {
  if (blocked(session)) return;
  move_addressed(session, true);
  if (session >= blocked_.size()) blocked_.resize(session + 1);
  blocked_[session] = true;
  for (ImageRef image = 0; image < pools_.size(); ++image) {
    const std::size_t before = pools_[image].queue.waiting();
    pools_[image].queue.block(session);
    note_wanted(image, before);
  }
  for (auto& [places, set] : sets_)
    set.queue.block(session);
}

void Scheduler::unblock(SessionRef session) {
  if (!blocked(session)) return;
  move_addressed(session, false);
  blocked_[session] = false;
  for (ImageRef image = 0; image < pools_.size(); ++image) {
    const std::size_t before = pools_[image].queue.waiting();
    pools_[image].queue.unblock(session);
    note_wanted(image, before);
  }
  for (auto& [places, set] : sets_) {
    set.queue.unblock(session);
    make_due(set);
  }
}

/// What is addressed waits with its engine, in the order of its session.
void Scheduler::move_addressed(SessionRef session, bool block) {
  for (EngineRef ref = 0; ref < engines_.size(); ++ref) {
    Engine& engine = engines_[ref];
    std::deque<TaskRef>& from = block ? engine.addressed : engine.blocked;
    std::deque<TaskRef>& to = block ? engine.blocked : engine.addressed;
    if (from.empty()) continue;
    const bool was_wanted = !engine.addressed.empty();
    const auto its = [&](TaskRef task) { return tasks_[task].session == session; };
    std::copy_if(from.begin(), from.end(), std::back_inserter(to), its);
    std::erase_if(from, its);
    const bool is_wanted = !engine.addressed.empty();
    if (is_wanted && !was_wanted) addressed_.push_back(ref);
    if (was_wanted && !is_wanted) std::erase(addressed_, ref);
  }
}

}  // namespace muster::controller
