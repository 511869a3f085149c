#include "controller/scheduler.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace muster::controller {

// --- engines ---

void Scheduler::activate(EngineRef engine, ImageRef image) {
  Engine& slot = engine_slot(engine);
  assert(slot.image == none && slot.held == 0);
  slot.image = image;
  slot.suspended = false;
  ++pool(image).engines;
  ++active_engines_;
  offer_credit(engine);
}

void Scheduler::suspend(EngineRef engine) {
  if (active_image(engine) == none) return;
  withdraw_credit(engine);
  engines_[engine].suspended = true;
}

void Scheduler::resume(EngineRef engine) {
  if (active_image(engine) == none) return;
  engines_[engine].suspended = false;
  offer_credit(engine);
}

std::vector<TaskRef> Scheduler::deactivate(EngineRef engine) {
  if (active_image(engine) == none) return {};
  const std::vector<TaskRef> tasks = tasks_of(engine);
  for (const TaskRef task : tasks)
    take_from_engine(task);
  withdraw_credit(engine);
  Engine& slot = engines_[engine];
  --pools_[slot.image].engines;
  --active_engines_;
  slot.image = none;
  slot.suspended = false;
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
  return image < pools_.size() ? pools_[image].waiting : 0;
}

std::size_t Scheduler::waiting(SessionRef session, ImageRef image) const {
  if (image >= pools_.size()) return 0;
  for (const Queue& queue : pools_[image].queues) {
    if (queue.session == session) return queue.waiting;
  }
  return 0;
}

std::vector<TaskRef> Scheduler::waiting_tasks(ImageRef image) const {
  std::vector<TaskRef> tasks;
  if (image >= pools_.size()) return tasks;
  for (const Queue& queue : pools_[image].queues) {
    for (TaskRef task = queue.first; task != none; task = tasks_[task].next)
      tasks.push_back(task);
  }
  return tasks;
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

/// Makes the engine's place among those with credit match what it holds now.
void Scheduler::offer_credit(EngineRef engine) {
  const Engine& slot = engines_[engine];
  withdraw_credit(engine);
  if (slot.suspended || slot.held >= config_.credit) return;
  const std::uint32_t load = config_.scheme == Scheme::roundrobin ? 0 : slot.held;
  pools_[slot.image].with_credit.insert(engine, load);
}

bool Scheduler::keeps_its_turn(EngineRef engine) const {
  return config_.scheme == Scheme::roundrobin &&
         pools_[engines_[engine].image].with_credit.contains(engine);
}

void Scheduler::withdraw_credit(EngineRef engine) {
  LoadBuckets& buckets = pools_[engines_[engine].image].with_credit;
  if (buckets.contains(engine)) buckets.remove(engine);
}

// --- tasks ---

TaskRef Scheduler::submit(SessionRef session, std::uint64_t counter, CodeRef code, ImageRef image,
                          Payload payload, std::unique_ptr<TaskHistory> history) {
  TaskRef ref;
  if (free_.empty()) {
    ref = static_cast<TaskRef>(tasks_.size());
    tasks_.emplace_back();
  } else {
    ref = free_.back();
    free_.pop_back();
  }
  Task& task = tasks_[ref];
  task.counter = counter;
  task.attempt = std::uint64_t{config_.epoch} << 32;
  task.session = session;
  task.code = code;
  task.image = image;
  task.payload = std::move(payload);
  task.history = std::move(history);
  if (task.history && task.history->options.target >= 0) {
    task.target = static_cast<EngineRef>(task.history->options.target);
  }
  enqueue(ref, false);
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
  --slot.held;
  --held_;
  if (!slot.suspended && !keeps_its_turn(engine)) offer_credit(engine);
}

void Scheduler::release(TaskRef ref) {
  if (tasks_[ref].state == Task::State::held) take_from_engine(ref);
  if (tasks_[ref].state == Task::State::waiting) unqueue(ref);
  assert(tasks_[ref].state == Task::State::detached);
  tasks_[ref] = Task{};
  free_.push_back(ref);
}

bool Scheduler::is_current(TaskRef ref, EngineRef engine, std::uint64_t attempt) const {
  const Task& task = tasks_[ref];
  return task.state == Task::State::held && task.engine == engine && task.attempt == attempt;
}

Scheduler::Verdict Scheduler::charge_crash(TaskRef ref, wire::Death death) {
  Task& task = tasks_[ref];
  TaskHistory& past = history(task);
  past.tried.push_back(task.engine);
  past.crashes.push_back(std::move(death));
  // It was executing, so it had started, whether or not the engine lived to say so.
  if (task.starts < UINT8_MAX) ++task.starts;
  take_from_engine(ref);
  const bool over = past.crashes.size() >= past.options.max_crashes || runs_at_most_once(task);
  if (over || task.cancel_wished) return Verdict::final;
  queue_again(ref);
  return Verdict::again;
}

/// Rule 17: what is addressed is bound to the process that it was dispatched to.
bool Scheduler::runs_at_most_once(const Task& task) {
  return task.target != none;
}

bool Scheduler::has_retries(TaskRef ref) const {
  const Task& task = tasks_[ref];
  return may_retry(ref) && task.history->exceptions < task.history->options.retries;
}

bool Scheduler::may_retry(TaskRef ref) const {
  const Task& task = tasks_[ref];
  return task.history && task.history->options.retries > 0 && !runs_at_most_once(task);
}

Scheduler::Verdict Scheduler::charge_exception(TaskRef ref) {
  Task& task = tasks_[ref];
  const EngineRef engine = task.engine;
  take_from_engine(ref);
  if (!has_retries(ref)) return Verdict::final;
  ++task.history->exceptions;
  task.history->tried.push_back(engine);
  if (task.starts < UINT8_MAX) ++task.starts;
  queue_again(ref);
  return Verdict::again;
}

Scheduler::Verdict Scheduler::move(TaskRef ref) {
  Task& task = tasks_[ref];
  if (task.running && task.starts < UINT8_MAX) ++task.starts;
  if (task.state == Task::State::held) take_from_engine(ref);
  if (task.history) ++task.history->moves;
  if (task.cancel_wished) return Verdict::final;
  // What is addressed was never started there, or waits for the end of its process to be concluded,
  // which ends it.
  queue_again(ref);
  return Verdict::again;
}

// --- dispatches ---

std::optional<Scheduler::Dispatch> Scheduler::dispatch() {
  if (!addressed_.empty()) {
    if (const auto addressed = dispatch_addressed()) return addressed;
  }
  for (std::size_t tried = wanted_.size(); tried > 0; --tried) {
    if (next_wanted_ >= wanted_.size()) next_wanted_ = 0;
    Pool& images = pools_[wanted_[next_wanted_]];
    if (images.with_credit.size() == 0) {
      ++next_wanted_;
      continue;
    }
    const TaskRef ref = dequeue(images);
    return carry_out(ref, choose(images, tasks_[ref]));
  }
  return std::nullopt;
}

/// What is addressed to an engine goes before what any engine may run: nobody else can take it.
std::optional<Scheduler::Dispatch> Scheduler::dispatch_addressed() {
  for (const EngineRef engine : addressed_) {
    const Engine& slot = engines_[engine];
    const TaskRef ref = slot.addressed.front();
    if (slot.suspended || slot.image != tasks_[ref].image || slot.held >= config_.credit) continue;
    unqueue(ref);
    return carry_out(ref, engine);
  }
  return std::nullopt;
}

Scheduler::Dispatch Scheduler::carry_out(TaskRef ref, EngineRef engine) {
  Task& task = tasks_[ref];
  Engine& slot = engines_[engine];
  task.state = Task::State::held;
  task.engine = engine;
  task.running = false;
  task.attempt = std::uint64_t{config_.epoch} << 32 | ++dispatches_;
  task.previous = slot.last;
  (slot.last == none ? slot.first : tasks_[slot.last].next) = ref;
  slot.last = ref;
  ++slot.held;
  ++held_;
  offer_credit(engine);
  return Dispatch{ref, engine};
}

/// The least loaded engine; for a task with a past, preferably one where it hasn't failed yet. It
/// never waits for one that doesn't exist (rule 14).
EngineRef Scheduler::choose(const Pool& images, const Task& task) const {
  const EngineRef least = images.with_credit.least();
  if (!task.history || task.history->tried.empty()) return least;
  const std::vector<EngineRef>& tried = task.history->tried;
  for (EngineRef engine = least; engine != none; engine = images.with_credit.after(engine)) {
    if (std::find(tried.begin(), tried.end(), engine) == tried.end()) return engine;
  }
  return least;
}

TaskHistory& Scheduler::history(Task& task) {
  if (!task.history) task.history = std::make_unique<TaskHistory>();
  return *task.history;
}

}  // namespace muster::controller
