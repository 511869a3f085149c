#include "controller/scheduler.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace muster::controller {
namespace {

/// Engines with less work than this are equally loaded: a round trip takes longer.
constexpr Nanoseconds hardly_anything = 64'000;

}  // namespace

// --- engines ---

void Scheduler::activate(EngineRef engine, ImageRef image) {
  Engine& slot = engine_slot(engine);
  assert(slot.image == none && slot.held == 0);
  slot.image = image;
  slot.suspended = false;
  ++pool(image).engines;
  ++active_engines_;
  slot.round_trip = Pace::assumed_round_trip;
  slot.code = none;
  join_sets(engine);
  place_again(engine, true);
}

void Scheduler::suspend(EngineRef engine) {
  if (active_image(engine) == none) return;
  engines_[engine].suspended = true;
  // Its answer may never come, or comes on another link.
  end_recall(engine);
  place_again(engine, false);
}

void Scheduler::resume(EngineRef engine) {
  if (active_image(engine) == none) return;
  engines_[engine].suspended = false;
  place_again(engine, true);
}

std::vector<TaskRef> Scheduler::deactivate(EngineRef engine) {
  if (active_image(engine) == none) return {};
  const std::vector<TaskRef> tasks = tasks_of(engine);
  for (const TaskRef task : tasks)
    take_from_engine(task);
  Engine& slot = engines_[engine];
  slot.suspended = true;
  end_recall(engine);
  place_again(engine, false);
  --pools_[slot.image].engines;
  --active_engines_;
  slot.image = none;
  slot.suspended = false;
  slot.empty_recalls = 0;
  slot.no_recall_until = {};
  return tasks;
}

ImageRef Scheduler::active_image(EngineRef engine) const {
  return engine < engines_.size() ? engines_[engine].image : none;
}

std::uint32_t Scheduler::held(EngineRef engine) const {
  return engine < engines_.size() ? engines_[engine].held : 0;
}

bool Scheduler::suspended(EngineRef engine) const {
  return engine < engines_.size() && engines_[engine].suspended;
}

std::uint32_t Scheduler::engines(ImageRef image) const {
  return image < pools_.size() ? pools_[image].engines : 0;
}

std::size_t Scheduler::waiting(ImageRef image) const {
  return image < pools_.size() ? pools_[image].queue.waiting() : 0;
}

std::size_t Scheduler::waiting(SessionRef session, ImageRef image) const {
  return image < pools_.size() ? pools_[image].queue.waiting(session) : 0;
}

std::vector<TaskRef> Scheduler::waiting_tasks(ImageRef image) const {
  return image < pools_.size() ? pools_[image].queue.all(tasks_) : std::vector<TaskRef>();
}

std::vector<TaskRef> Scheduler::tasks_of(EngineRef engine) const {
  std::vector<TaskRef> tasks;
  if (engine >= engines_.size()) return tasks;
  for (TaskRef task = engines_[engine].first; task != none; task = tasks_[task].next) {
    tasks.push_back(task);
  }
  return tasks;
}

Scheduler::Engine& Scheduler::engine_slot(EngineRef engine) {
  if (engine >= engines_.size()) engines_.resize(engine + 1);
  return engines_[engine];
}

void Scheduler::place_again(EngineRef ref, bool used) {
  Engine& slot = engines_[ref];
  Pool& images = pools_[slot.image];
  const bool may = may_take(slot);
  const std::uint32_t bucket = load(slot);
  // Engines in turn keep their turn when they finish.
  const bool keeps = may && images.with_credit.holds(ref, bucket) && (!used || run_of_ == ref);
  if (!keeps) {
    withdraw_credit(ref);
    if (may) images.with_credit.insert(ref, bucket);
  }
  const bool idle = !slot.suspended && slot.held == 0;
  if (idle != slot.idle) {
    slot.idle = idle;
    images.idle += idle ? 1 : -1;
    idle_engines_ += idle ? 1 : -1;
  }
  note_spare(ref, slot.items > 1);
  if (may) {
    for (EngineSet* set : slot.sets)
      make_due(*set);
  }
}

/// The bucket of an engine's load: nothing, hardly anything, or its work on a scale that tells an
/// engine with half as much again from another.
std::uint32_t Scheduler::load(const Engine& engine) const {
  if (config_.scheme == Scheme::roundrobin || engine.held == 0) return 0;
  if (engine.work < hardly_anything) return 1;
  const auto work = static_cast<std::uint64_t>(engine.work / (hardly_anything / 2));
  const auto octave = static_cast<std::uint32_t>(std::bit_width(work)) - 1;
  return 2 * octave + static_cast<std::uint32_t>(work >> (octave - 1) & 1);
}

/// Whether the engine may get this task on top of what it holds. One that holds nothing always may:
/// no engine starves for an estimate.
bool Scheduler::has_room(const Engine& engine, const Task& task) const {
  if (engine.held == 0) return true;
  if (config_.credit != 0) return engine.held < config_.credit;
  if (engine.bytes + task.argument_bytes() > Pace::most_bytes) return false;
  const Pace pace{engine.round_trip, wait_};
  const Nanoseconds one = estimates_.of(task.code);
  const Nanoseconds length = one * task.count;
  const Nanoseconds horizon = pace.horizon(one, alone_ && estimates_.knows(task.code));
  if (length > horizon) return engine.held == 1 && pace.wants_a_spare(length);
  // The oldest is being executed; nobody knows how much of it is left.
  return engine.work - Nanoseconds{tasks_[engine.first].charge_ns} < horizon;
}

/// Another engine's turn: the one that has just been used goes behind its equals.
void Scheduler::end_run() {
  const EngineRef ref = std::exchange(run_of_, none);
  if (active_image(ref) == none) return;
  LoadBuckets& buckets = pools_[engines_[ref].image].with_credit;
  if (!buckets.contains(ref)) return;
  buckets.remove(ref);
  buckets.insert(ref, load(engines_[ref]));
}

void Scheduler::withdraw_credit(EngineRef engine) {
  LoadBuckets& buckets = pools_[engines_[engine].image].with_credit;
  if (buckets.contains(engine)) buckets.remove(engine);
}

// --- tasks ---

TaskRef Scheduler::submit(SessionRef session, std::uint64_t counter, CodeRef code, ImageRef image,
                          Payload payload, std::unique_ptr<TaskHistory> history,
                          std::uint32_t count) {
  const TaskRef ref =
      submit_arriving(session, counter, code, image, std::move(payload), std::move(history), count);
  enqueue(ref, false);
  return ref;
}

TaskRef Scheduler::submit_arriving(SessionRef session, std::uint64_t counter, CodeRef code,
                                   ImageRef image, Payload payload,
                                   std::unique_ptr<TaskHistory> history, std::uint32_t count) {
  const TaskRef ref = tasks_.add();
  Task& task = tasks_[ref];
  task.counter = counter;
  task.count = count;
  task.attempt = std::uint64_t{config_.epoch} << 32;
  task.session = session;
  task.code = code;
  if (code >= image_of_code_.size()) image_of_code_.resize(code + std::size_t{1}, none);
  image_of_code_[code] = image;
  task.payload = std::move(payload);
  task.history = std::move(history);
  task.state = Task::State::arriving;
  return ref;
}

void Scheduler::queue_again(TaskRef ref) {
  assert(tasks_[ref].state == Task::State::detached);
  enqueue(ref, true);
}

void Scheduler::take_from_engine(TaskRef ref) {
  Task& task = tasks_[ref];
  assert(task.state == Task::State::held);
  const EngineRef engine = task.engine;
  Engine& slot = engines_[engine];
  (task.previous == none ? slot.first : tasks_[task.previous].next) = task.next;
  (task.next == none ? slot.last : tasks_[task.next].previous) = task.previous;
  task.next = task.previous = none;
  task.engine = none;
  task.state = Task::State::detached;
  if (task.history) task.history->stream.reset();  // what wasn't sent yet isn't wanted there
  --slot.held;
  --held_;
  slot.items -= task.count;
  slot.work -= Nanoseconds{task.charge_ns} * task.count;
  slot.bytes -= task.argument_bytes();
  if (task.target() != none) slot.bound -= task.count;
  if (task.restricted()) slot.restricted -= task.count;
  place_again(engine, false);
}

void Scheduler::release(TaskRef ref) {
  if (tasks_[ref].state == Task::State::held) take_from_engine(ref);
  if (tasks_[ref].state == Task::State::waiting) unqueue(ref);
  assert(tasks_[ref].state == Task::State::detached || tasks_[ref].state == Task::State::arriving ||
         tasks_[ref].state == Task::State::lent);
  tasks_.release(ref);
}

bool Scheduler::is_current(TaskRef ref, EngineRef engine, std::uint64_t attempt) const {
  const Task& task = tasks_[ref];
  return task.state == Task::State::held && task.engine == engine && task.attempt == attempt;
}

// --- dispatches ---

/// What several clients want at a time they may want again soon.
void Scheduler::look_for_others(wire::Instant now) {
  constexpr std::chrono::seconds while_remembered{1};
  const bool others =
      wanted_.size() > 1 || (wanted_.size() == 1 && pools_[wanted_.front()].queue.sessions() > 1);
  if (others) alone_again_ = now + while_remembered;
  alone_ = now >= alone_again_;
}

std::optional<Scheduler::Dispatch> Scheduler::dispatch(wire::Instant now) {
  if (!addressed_.empty()) {
    if (const auto addressed = dispatch_addressed(now)) return addressed;
  }
  if (!due_sets_.empty()) {
    if (const auto restricted = dispatch_restricted(now)) return restricted;
  }
  for (std::size_t tried = wanted_.size(); tried > 0; --tried) {
    if (next_wanted_ >= wanted_.size()) next_wanted_ = 0;
    Pool& images = pools_[wanted_[next_wanted_]];
    const TaskRef ref = images.queue.next();
    const EngineRef engine = choose(images, tasks_[ref]);
    if (engine == none) {
      ++next_wanted_;
      continue;
    }
    return give_next(images, ref, engine, now);
  }
  end_run();
  return std::nullopt;
}

/// This task, which is next in the pool, goes to this engine.
Scheduler::Dispatch Scheduler::give_next(Pool& images, TaskRef ref, EngineRef engine,
                                         wire::Instant now) {
  tasks_[ref].state = Task::State::detached;
  waiting_ -= tasks_[ref].count;
  const std::size_t before = images.queue.waiting();
  images.queue.take_turn(tasks_);
  note_wanted(image_of(tasks_[ref]), before);
  if (engine != run_of_) end_run();
  if (is_tiny(tasks_[ref])) run_of_ = engine;
  return carry_out(ref, engine, now);
}

/// What is addressed to an engine goes before what any engine may run: nobody else can take it.
std::optional<Scheduler::Dispatch> Scheduler::dispatch_addressed(wire::Instant now) {
  for (const EngineRef engine : addressed_) {
    const Engine& slot = engines_[engine];
    const TaskRef ref = slot.addressed.front();
    const Task& task = tasks_[ref];
    if (slot.suspended || slot.image != image_of(task) || !has_room(slot, task)) continue;
    unqueue(ref);
    return carry_out(ref, engine, now);
  }
  return std::nullopt;
}

Scheduler::Dispatch Scheduler::carry_out(TaskRef ref, EngineRef engine, wire::Instant now) {
  Task& task = tasks_[ref];
  Engine& slot = engines_[engine];
  task.running = false;
  task.attempt = std::uint64_t{config_.epoch} << 32 | ++dispatches_;
  hold(ref, engine, slot.last, now);
  slot.code = task.code;
  slot.restricted_last = task.restricted();
  place_again(engine, true);
  return Dispatch{ref, engine};
}

/// It becomes the engine's, next to `before` among its tasks, or the first one.
void Scheduler::hold(TaskRef ref, EngineRef engine, TaskRef before, wire::Instant now) {
  Task& task = tasks_[ref];
  Engine& slot = engines_[engine];
  task.state = Task::State::held;
  task.engine = engine;
  task.charge_ns =
      static_cast<std::uint32_t>(std::min<Nanoseconds>(UINT32_MAX, estimates_.of(task.code)));
  task.previous = before;
  task.next = before == none ? slot.first : tasks_[before].next;
  (before == none ? slot.first : tasks_[before].next) = ref;
  (task.next == none ? slot.last : tasks_[task.next].previous) = ref;
  if (++slot.held == 1) slot.heard = now;
  ++held_;
  slot.items += task.count;
  slot.work += Nanoseconds{task.charge_ns} * task.count;
  slot.bytes += task.argument_bytes();
  if (task.target() != none) slot.bound += task.count;
  if (task.restricted()) slot.restricted += task.count;
}

/// The least loaded engine that has room; for a task with a past, preferably one where it hasn't
/// failed yet. It never waits for one that doesn't exist (rule 14). Among equals one goes on
/// getting the tiny tasks of a pass, so that what arrives together leaves together: messages to
/// several engines would cost more than such tasks do. Of two equals it isn't the one to spare.
EngineRef Scheduler::choose(Pool& images, const Task& task, EngineRef to_spare) {
  EngineRef least = images.with_credit.least();
  if (least == to_spare && least != none) {
    const EngineRef next = images.with_credit.after(least);
    if (next != none && images.with_credit.equal(least, next)) least = next;
  }
  if (run_of_ != none && is_tiny(task) && images.with_credit.equal(least, run_of_)) least = run_of_;
  // One without room for this task has a task that will end: then it is placed again.
  while (least != none && !has_room(engines_[least], task)) {
    images.with_credit.remove(least);
    least = images.with_credit.least();
  }
  if (least == none || !task.history || task.history->tried.empty()) return least;
  const std::vector<EngineRef>& tried = task.history->tried;
  for (EngineRef engine = least; engine != none; engine = images.with_credit.after(engine)) {
    const bool untried = std::find(tried.begin(), tried.end(), engine) == tried.end();
    if (untried && has_room(engines_[engine], task)) return engine;
  }
  return least;
}

bool Scheduler::is_tiny(const Task& task) const {
  return config_.scheme == Scheme::leastload &&
         estimates_.of(task.code) * task.count < hardly_anything / 16;
}

// --- pace ---

void Scheduler::learn(EngineRef engine, CodeRef code, Nanoseconds run, wire::Instant now,
                      std::uint32_t count) {
  estimates_.learn(code, run, count);
  if (engine < engines_.size()) engines_[engine].heard = now;
}

void Scheduler::set_round_trip(EngineRef engine, Nanoseconds round_trip) {
  if (engine < engines_.size() && round_trip > 0) engines_[engine].round_trip = round_trip;
}

/// A bound by the number of engines keeps the loop apart in which credit makes passes longer, which
/// makes credit larger.
void Scheduler::set_wait(Nanoseconds wait) {
  constexpr Nanoseconds most_per_engine = 40'000;
  wait_ = std::min(wait, most_per_engine * static_cast<Nanoseconds>(active_engines_));
}

Pace Scheduler::pace(EngineRef engine) const {
  return engine < engines_.size() ? Pace{engines_[engine].round_trip, wait_} : Pace{};
}

std::uint32_t Scheduler::credit(EngineRef engine) const {
  if (config_.credit != 0) return config_.credit;
  const CodeRef code = engine < engines_.size() ? engines_[engine].code : none;
  if (code == none || !estimates_.knows(code))
    return pace(engine).credit(Estimates::unknown, false);
  return pace(engine).credit(estimates_.of(code), alone_);
}

}  // namespace muster::controller
