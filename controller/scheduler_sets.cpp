// Tasks that only some engines may run: those that a view names, or those where other tasks ran.
// Those with the same engines wait together. A set is looked at when one of its engines may have
// got room or a task has come, so that any number of sets whose engines are busy costs nothing.

#include <algorithm>

#include "controller/scheduler.hpp"

namespace muster::controller {

void Scheduler::set_resources(EngineRef engine, wire::Resources resources) {
  if (engine >= resources_.size()) resources_.resize(engine + std::size_t{1});
  resources_[engine] = std::move(resources);
  if (active_image(engine) == none) return;
  join_sets(engine);
  place_again(engine, false);
}

bool Scheduler::has_needs(EngineRef engine, const wire::Resources& needs) const {
  return needs.empty() || (engine < resources_.size() && resources_[engine].cover(needs));
}

std::vector<EngineRef> Scheduler::suitable(const Places& places) const {
  if (places.needs.empty()) return places.engines;
  std::vector<EngineRef> members;
  if (places.engines.empty()) {
    for (EngineRef engine = 0; engine < resources_.size(); ++engine) {
      if (has_needs(engine, places.needs)) members.push_back(engine);
    }
  }
  for (const EngineRef engine : places.engines) {
    if (has_needs(engine, places.needs)) members.push_back(engine);
  }
  return members;
}

std::vector<Scheduler::Places> Scheduler::restrictions() const {
  std::vector<Places> all;
  for (const auto& [places, set] : sets_) {
    if (set.queue.waiting() > 0) all.push_back(places);
  }
  return all;
}

std::size_t Scheduler::waiting(const Places& places) const {
  const auto set = sets_.find(places);
  return set == sets_.end() ? 0 : set->second.queue.waiting();
}

std::size_t Scheduler::waiting(const Places& places, SessionRef session) const {
  const auto set = sets_.find(places);
  return set == sets_.end() ? 0 : set->second.queue.waiting(session);
}

std::vector<TaskRef> Scheduler::restricted_tasks(const Places& places) const {
  const auto set = sets_.find(places);
  return set == sets_.end() ? std::vector<TaskRef>() : set->second.queue.all(tasks_);
}

bool Scheduler::has_restricted(EngineRef engine, ImageRef image) const {
  if (engine >= engines_.size()) return false;
  const std::vector<EngineSet*>& sets = engines_[engine].sets;
  return std::any_of(sets.begin(), sets.end(), [&](const EngineSet* set) {
    return set->places->image == image && set->queue.waiting() > 0;
  });
}

Scheduler::ByPlaces::Key Scheduler::places_of(const Task& task) const {
  return {image_of_code_[task.code], task.history->where, task.history->needs};
}

/// The set of a task that waits there.
Scheduler::EngineSet& Scheduler::set_of(const Task& task) {
  return sets_.find(places_of(task))->second;
}

void Scheduler::enqueue_restricted(TaskRef ref, bool in_front) {
  const Task& task = tasks_[ref];
  auto place = sets_.find(places_of(task));
  const bool added = place == sets_.end();
  if (added) {
    const Places places{image_of(task), task.history->where, task.history->needs};
    place = sets_.try_emplace(places).first;
  }
  EngineSet& set = place->second;
  if (added) {
    set.places = &place->first;
    set.members = suitable(place->first);
    for (const EngineRef engine : set.members) {
      if (engine < engines_.size()) engines_[engine].sets.push_back(&set);
    }
  }
  set.queue.add(tasks_, ref, in_front, blocked(task.session));
  count_for_engines(task.session, task.count, 0);
  make_due(set);
}

void Scheduler::unqueue_restricted(TaskRef ref) {
  const Task& task = tasks_[ref];
  EngineSet& set = set_of(task);
  set.queue.remove(tasks_, ref);
  count_for_engines(task.session, 0, task.count);
  if (set.queue.empty()) forget_set(set);
}

void Scheduler::forget_set(EngineSet& set) {
  for (const EngineRef engine : set.members) {
    if (engine < engines_.size()) std::erase(engines_[engine].sets, &set);
  }
  if (set.due) std::erase(due_sets_, &set);
  sets_.erase(sets_.find(*set.places));
}

void Scheduler::make_due(EngineSet& set) {
  if (set.due || set.queue.waiting() == 0) return;
  set.due = true;
  due_sets_.push_back(&set);
}

/// An engine that nobody knew when the tasks came, and that they may run on.
void Scheduler::join_sets(EngineRef engine) {
  for (auto& [places, set] : sets_) {
    const std::vector<EngineRef>& named = places.engines;
    if (!named.empty() && !std::binary_search(named.begin(), named.end(), engine)) continue;
    if (!has_needs(engine, places.needs)) continue;
    const auto at = std::lower_bound(set.members.begin(), set.members.end(), engine);
    if (at == set.members.end() || *at != engine) set.members.insert(at, engine);
    std::vector<EngineSet*>& sets = engines_[engine].sets;
    if (std::find(sets.begin(), sets.end(), &set) == sets.end()) sets.push_back(&set);
  }
}

/// These go first, because fewer engines can take them; but an engine that got one last gives its
/// turn to what may run anywhere, lest a flood of them starve the others.
std::optional<Scheduler::Dispatch> Scheduler::dispatch_restricted(wire::Instant now) {
  while (!due_sets_.empty()) {
    EngineSet& set = *due_sets_.front();
    due_sets_.pop_front();
    set.due = false;
    if (set.queue.waiting() == 0) continue;
    const TaskRef ref = set.queue.next();
    const EngineRef engine = choose(set, tasks_[ref]);
    if (engine == none) continue;
    make_due(set);  // behind the others
    Pool& images = pools_[set.places->image];
    if (engines_[engine].restricted_last && images.queue.waiting() > 0) {
      const TaskRef next = images.queue.next();
      const EngineRef other = choose(images, tasks_[next], engine);
      engines_[engine].restricted_last = false;
      if (other != none) return give_next(images, next, other, now);
    }
    tasks_[ref].state = Task::State::detached;
    waiting_ -= tasks_[ref].count;
    count_for_engines(tasks_[ref].session, 0, tasks_[ref].count);
    set.queue.take_turn(tasks_);
    if (set.queue.empty()) forget_set(set);
    return carry_out(ref, engine, now);
  }
  return std::nullopt;
}

/// The least loaded that has room, preferably one where the task hasn't failed yet; equals in turn.
EngineRef Scheduler::choose(EngineSet& set, const Task& task) {
  const ImageRef image = set.places->image;
  const std::vector<EngineRef>& engines = set.members;
  const std::vector<EngineRef>& tried = task.history->tried;
  EngineRef best = none;
  std::pair<bool, std::uint32_t> best_rank;
  for (std::size_t i = 0; i < engines.size(); ++i) {
    const EngineRef ref = engines[(set.turn + i) % engines.size()];
    if (active_image(ref) != image) continue;
    const Engine& engine = engines_[ref];
    if (!may_take(engine) || !has_room(engine, task)) continue;
    const bool failed_there = std::find(tried.begin(), tried.end(), ref) != tried.end();
    const std::pair rank{failed_there, load(engine)};
    if (best != none && rank >= best_rank) continue;
    best = ref;
    best_rank = rank;
  }
  if (best != none) ++set.turn;
  return best;
}

}  // namespace muster::controller
