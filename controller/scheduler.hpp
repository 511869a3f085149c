#pragma once
// Which task goes to which engine, and what becomes of a task that an engine didn't finish. A pure
// state machine: events in, decisions out; no messages, no clock.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "controller/load_buckets.hpp"
#include "controller/task.hpp"

namespace muster::controller {

enum class Scheme {
  leastload,   ///< the engine that holds the fewest tasks, ties to the least recently used
  roundrobin,  ///< engines in turn, as long as they have credit
};

class Scheduler {
 public:
  struct Config {
    Scheme scheme = Scheme::leastload;
    std::uint32_t credit = 2;  ///< tasks that an engine may hold; at least 1
    std::uint32_t epoch = 1;   ///< the upper half of every attempt number
  };

  explicit Scheduler(Config config) : config_(config) {}

  // Engines. An engine takes part while one process holds it for one image.

  /// The engine may get tasks of this image. Requires that it isn't active and holds nothing.
  void activate(EngineRef engine, ImageRef image);
  /// The engine gets nothing more; what it holds stays there.
  void suspend(EngineRef engine);
  /// Undoes suspend.
  void resume(EngineRef engine);
  /// The engine leaves the scheduler. Its tasks become detached and are returned in the order of
  /// their dispatch: each has to be queued again or released.
  std::vector<TaskRef> deactivate(EngineRef engine);

  ImageRef active_image(EngineRef engine) const;
  std::uint32_t held(EngineRef engine) const;
  bool suspended(EngineRef engine) const;
  /// Engines active for this image, suspended or not.
  std::uint32_t engines(ImageRef image) const;
  std::size_t active_engines() const { return active_engines_; }
  std::vector<TaskRef> tasks_of(EngineRef engine) const;

  // Tasks.

  /// A new task, at the end of its session's queue.
  TaskRef submit(SessionRef session, std::uint64_t counter, CodeRef code, ImageRef image,
                 Payload payload, std::unique_ptr<TaskHistory> history);
  /// A detached task waits again, in front of its session's queue.
  void queue_again(TaskRef task);
  /// Takes a held task from its engine: it becomes detached.
  void take_from_engine(TaskRef task);
  /// Forgets the task, whatever its state.
  void release(TaskRef task);

  struct Dispatch {
    TaskRef task;
    EngineRef engine;
  };
  /// The next dispatch, carried out: the task is held under a new attempt. nullopt when no task can
  /// go anywhere now.
  std::optional<Dispatch> dispatch();

  /// What to do with a task after one of its attempts went wrong.
  enum class Verdict {
    again,  ///< it waits again
    final,  ///< it has to be settled and released; it is detached
  };
  /// Its process died while executing it (rule 14): charged.
  Verdict charge_crash(TaskRef task, wire::Death death);
  /// Its current attempt threw: again while it has retries.
  Verdict charge_exception(TaskRef task);
  bool has_retries(TaskRef task) const;
  /// It was submitted with retries, whether or not some are left.
  bool may_retry(TaskRef task) const;
  /// It was never started there, or its engine was lost under it: uncharged.
  Verdict move(TaskRef task);

  Task& operator[](TaskRef task) { return tasks_[task]; }
  const Task& operator[](TaskRef task) const { return tasks_[task]; }

  /// Rule 13: all but outcomes counts only when it names the current attempt of a held task.
  bool is_current(TaskRef task, EngineRef engine, std::uint64_t attempt) const;

  std::size_t waiting() const { return waiting_; }
  std::size_t waiting(ImageRef image) const;
  /// Of one session, for the image of its program.
  std::size_t waiting(SessionRef session, ImageRef image) const;
  /// Every task that waits for this image.
  std::vector<TaskRef> waiting_tasks(ImageRef image) const;
  std::size_t held() const { return held_; }
  std::size_t tasks() const { return waiting_ + held_; }
  /// Engines that tasks wait for which are addressed to them, in no particular order, and the first
  /// of these tasks.
  const std::vector<EngineRef>& addressed_engines() const { return addressed_; }
  TaskRef first_addressed(EngineRef engine) const { return engines_[engine].addressed.front(); }
  bool has_addressed(EngineRef engine) const {
    return engine < engines_.size() && !engines_[engine].addressed.empty();
  }
  /// All that wait for this engine with this image.
  std::vector<TaskRef> addressed_tasks(EngineRef engine, ImageRef image) const;
  /// Images that have waiting tasks which any engine may run, in no particular order.
  const std::vector<ImageRef>& wanted_images() const { return wanted_; }
  std::uint32_t credit() const { return config_.credit; }

 private:
  struct Queue {  // of one session for one image
    SessionRef session = none;
    TaskRef first = none;
    TaskRef last = none;
    std::size_t waiting = 0;
    bool in_turn = false;  // the pool's turns contain it
  };
  struct Pool {                       // of one image
    std::vector<Queue> queues;        // few: sessions that submitted for this image
    std::deque<std::uint32_t> turns;  // indices of queues with tasks, next first
    std::size_t waiting = 0;
    std::uint32_t engines = 0;
    LoadBuckets with_credit;
  };
  struct Engine {
    ImageRef image = none;
    bool suspended = false;
    std::uint32_t held = 0;
    TaskRef first = none;
    TaskRef last = none;
    std::deque<TaskRef> addressed;  // waiting for this engine and no other
  };

  Pool& pool(ImageRef image);
  Queue& queue_of(Pool& pool, SessionRef session);
  void enqueue(TaskRef ref, bool in_front);
  TaskRef dequeue(Pool& pool);
  Engine& engine_slot(EngineRef engine);
  std::optional<Dispatch> dispatch_addressed();
  Dispatch carry_out(TaskRef task, EngineRef engine);
  void unqueue(TaskRef ref);
  void offer_credit(EngineRef engine);
  void withdraw_credit(EngineRef engine);
  bool keeps_its_turn(EngineRef engine) const;
  EngineRef choose(const Pool& pool, const Task& task) const;
  void want(ImageRef image, bool wanted);
  TaskHistory& history(Task& task);
  static bool runs_at_most_once(const Task& task);

  Config config_;
  std::vector<Task> tasks_;
  std::vector<TaskRef> free_;
  std::vector<Pool> pools_;      // by image
  std::vector<Engine> engines_;  // by id
  std::vector<ImageRef> wanted_;
  std::vector<EngineRef> addressed_;
  std::size_t next_wanted_ = 0;
  std::uint32_t dispatches_ = 0;  // wraps: an attempt doesn't outlive four thousand million others
  std::size_t waiting_ = 0;
  std::size_t held_ = 0;
  std::size_t active_engines_ = 0;
};

}  // namespace muster::controller
