#pragma once
// Which task goes to which engine, and what becomes of a task that an engine didn't finish. A pure
// state machine: events in, decisions out; no messages, no clock.
//
//   scheduler.cpp         engines, dispatches, and what goes wrong with them
//   scheduler_verdicts.cpp what becomes of tasks that weren't finished
//   scheduler_adoption.cpp what a predecessor of this controller had dispatched
//   scheduler_queues.cpp  where tasks wait
//   scheduler_sets.cpp    tasks that only some engines may run
//   scheduler_blocks.cpp  sessions that get nothing for a while
//   scheduler_recall.cpp  which tasks are asked back for engines that idle

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "controller/load_buckets.hpp"
#include "controller/pace.hpp"
#include "controller/payload_arena.hpp"
#include "controller/slab.hpp"
#include "controller/task.hpp"
#include "controller/task_queue.hpp"
#include "protocol/lane.hpp"
#include "protocol/resources.hpp"

namespace muster::controller {

enum class Scheme {
  leastload,   ///< the engine with the least work, ties to the least recently used
  roundrobin,  ///< engines in turn, as long as they have credit
};

class Scheduler {
 public:
  struct Config {
    Scheme scheme = Scheme::leastload;
    std::uint32_t credit = 0;  ///< tasks that an engine may hold; 0: as controller/pace.hpp says
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
  /// What tasks that need something find there. It has nothing until this is called.
  void set_resources(EngineRef engine, wire::Resources resources);
  /// It was asked to give tasks back, and hasn't answered: it gets no others meanwhile.
  bool recalling(EngineRef engine) const {
    return engine < engines_.size() && engines_[engine].recalling;
  }
  /// Engines active for this image, suspended or not.
  std::uint32_t engines(ImageRef image) const;
  std::size_t active_engines() const { return active_engines_; }
  std::vector<TaskRef> tasks_of(EngineRef engine) const;

  // Sessions.

  /// The session gets no dispatch until unblock(): its tasks wait on, and count for nothing when
  /// engines are chosen for images.
  void block(SessionRef session);
  void unblock(SessionRef session);
  bool blocked(SessionRef session) const { return session < blocked_.size() && blocked_[session]; }

  // Tasks.

  /// A new task, or a row of `count`, at the end of its session's queue. Every code has one image.
  TaskRef submit(SessionRef session, std::uint64_t counter, CodeRef code, ImageRef image,
                 Payload payload, std::unique_ptr<TaskHistory> history, std::uint32_t count = 1);
  /// New tasks that wait for their body before they are queued.
  TaskRef submit_arriving(SessionRef session, std::uint64_t counter, CodeRef code, ImageRef image,
                          Payload payload, std::unique_ptr<TaskHistory> history,
                          std::uint32_t count = 1);
  /// It is queued now, unless it is parked, or held already by an engine that has its own copy.
  void body_is_whole(TaskRef task, wire::LargeBodyPtr body);
  /// Other arguments than it came with. Requires that it has a history.
  void set_arguments(TaskRef task, Payload payload, wire::LargeBodyPtr body);
  /// What the tasks waited for has come: they are queued now, unless they are parked or lack their
  /// body, or an engine has them.
  void gate_is_open(TaskRef task);
  /// The same for the bound values that they name.
  void values_are_whole(TaskRef task);
  /// And for one that may run under its name, which the history's file doesn't have.
  void name_is_free(TaskRef task);
  /// Splits a row in front of this counter: both parts stay where it was, in order. Returns the
  /// part that is new, which is the smaller one. Requires task.counter < counter < its end.
  TaskRef split(TaskRef task, std::uint64_t counter);
  /// Forgets the first `items`, and with the last one the task.
  void forget_first(TaskRef task, std::uint32_t items = 1);
  /// A detached task waits again, in front of its session's queue.
  void queue_again(TaskRef task);
  /// Takes a held task from its engine: it becomes detached.
  void take_from_engine(TaskRef task);
  /// Forgets the task, whatever its state.
  void release(TaskRef task);

  /// A task of this code, of this engine, has ended after so long in user code; or `count` have,
  /// each.
  void learn(EngineRef engine, CodeRef code, Nanoseconds run, wire::Instant now,
             std::uint32_t count = 1);
  /// The engine's own measurement.
  void set_round_trip(EngineRef engine, Nanoseconds round_trip);
  /// How long what arrives waits in the controller's passes, smoothed.
  void set_wait(Nanoseconds wait);
  Pace pace(EngineRef engine) const;
  /// Tasks that the engine would be given now of the code that it got last.
  std::uint32_t credit(EngineRef engine) const;

  struct Dispatch {
    TaskRef task;
    EngineRef engine;
  };
  /// Before the dispatches of a pass: does one session have the engines for itself?
  void look_for_others(wire::Instant now);
  /// The next dispatch, carried out: the task is held under a new attempt. nullopt when no task can
  /// go anywhere now.
  std::optional<Dispatch> dispatch(wire::Instant now);

  // Recall: when nothing waits and an engine idles, others may hold what it could run.

  struct Recall {
    EngineRef engine;
    std::vector<TaskRef> tasks;        ///< newest first; they stay held until the engine answers
    std::vector<std::uint32_t> items;  ///< of each, so many, the last ones
  };
  /// Whom to ask for what. Each has to be asked, and its answer to be told by `recalled`, unless
  /// the engine is suspended or leaves first.
  std::vector<Recall> recall(wire::Instant now);
  /// All that the engine may not have started, of one session or of all: it is to serve something
  /// else.
  Recall recall_all(EngineRef engine, SessionRef only = none) const;
  /// All that isn't known to run there, for an engine that is to leave.
  Recall recall_unstarted(EngineRef engine) const;
  /// The engine has answered: what it gives back has been moved before.
  void recalled(EngineRef engine, wire::Instant now);
  /// Items of this image that wait at engines which have said nothing for long, and could run if
  /// another engine served this image: all of those that do are busy.
  std::size_t stuck(ImageRef image, wire::Instant now) const;
  /// Images that have some, in no particular order.
  std::vector<ImageRef> stuck_images(wire::Instant now) const;
  /// Some engine of this image holds more than it executes.
  bool has_spares(ImageRef image) const { return !pools_[image].spares.empty(); }
  /// When to call recall() again although nothing else happens.
  wire::Instant recall_at() const { return recall_at_; }

  /// What to do with a task after one of its attempts went wrong.
  enum class Verdict {
    again,  ///< it waits again
    final,  ///< it has to be settled and released; it is detached
  };
  /// Its process died while executing it (rule 14): charged.
  Verdict charge_crash(TaskRef task, wire::Death death);
  /// Its last attempt, on this engine, threw: again while it has retries.
  Verdict charge_exception(TaskRef task, EngineRef engine);
  /// It has ended without having done anything, and may run on these engines now. Uncharged.
  void try_elsewhere(TaskRef task, std::vector<EngineRef> engines);
  bool has_retries(TaskRef task) const;
  /// It was submitted with retries, whether or not some are left.
  bool may_retry(TaskRef task) const;
  /// It was never started there, or its engine was lost under it: uncharged.
  Verdict move(TaskRef task);

  /// Its client runs it, as a new attempt. Requires that it waits.
  void lend(TaskRef task);
  /// It is no longer lent, and waits again.
  void take_back(TaskRef task, bool began);

  // Tasks that a predecessor has dispatched (rule 7).

  /// No later attempt of the task is known here.
  bool may_adopt(TaskRef task, std::uint64_t attempt) const;
  /// The engine has held it for long, as this attempt. Requires may_adopt() and that the engine is
  /// active for the task's image.
  void adopt(TaskRef task, EngineRef engine, std::uint64_t attempt, wire::Instant now);
  /// No engine holds it.
  void unpark(TaskRef task);

  /// Where the payloads of its tasks belong.
  PayloadArena& arena() { return arena_; }
  ImageRef image_of(const Task& task) const { return image_of_code_[task.code]; }

  Task& operator[](TaskRef task) { return tasks_[task]; }
  const Task& operator[](TaskRef task) const { return tasks_[task]; }

  /// Rule 13: all but outcomes counts only when it names the current attempt of a held task.
  bool is_current(TaskRef task, EngineRef engine, std::uint64_t attempt) const;

  // Waiting tasks are counted in items, held ones as they were dispatched.
  std::size_t waiting() const { return waiting_; }
  /// Of sessions that aren't blocked.
  std::size_t waiting(ImageRef image) const;
  /// Of one session, for certain engines: addressed to one, or restricted to some.
  std::size_t waiting_for_engines(SessionRef session) const {
    return session < for_engines_.size() ? for_engines_[session] : 0;
  }
  /// Of one session, for the image of its program, to run anywhere.
  std::size_t waiting(SessionRef session, ImageRef image) const;
  /// Every task that waits for this image, of any session.
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
  /// Which engines may run certain tasks of one image.
  struct Places {
    ImageRef image = none;
    std::vector<EngineRef> engines{};  ///< one of these, ascending; empty: any
    wire::Resources needs{};           ///< and it has to have these
    auto operator<=>(const Places&) const = default;
  };
  /// Those that are known to have what is needed, ascending; named ones without needs: all of them.
  /// None when no task waits there. Valid until the next change of anything.
  std::span<const EngineRef> members(const Places& places) const {
    const auto set = sets_.find(places);
    return set == sets_.end() ? std::span<const EngineRef>() : set->second.members;
  }
  /// Of the tasks that wait so, but for those of sessions that are blocked.
  std::vector<Places> restrictions() const;
  std::size_t waiting(const Places& places) const;
  std::size_t waiting(const Places& places, SessionRef session) const;
  /// Of any session.
  std::vector<TaskRef> restricted_tasks(const Places& places) const;
  /// Some task of this image waits that this engine may run, and only some others.
  bool has_restricted(EngineRef engine, ImageRef image) const;
  /// Images that have waiting tasks which any engine may run, in no particular order.
  const std::vector<ImageRef>& wanted_images() const { return wanted_; }
  const Config& config() const { return config_; }

 private:
  struct Pool {       // of one image
    TaskQueue queue;  // that any of its engines may run
    std::uint32_t engines = 0;
    std::uint32_t idle = 0;         // of them, those that hold nothing and could
    std::vector<EngineRef> spares;  // those that hold more than one item, in no order
    LoadBuckets with_credit;
  };
  struct EngineSet {  // that may run certain tasks of one image
    TaskQueue queue;
    const Places* places = nullptr;
    std::vector<EngineRef> members{};  // see members()
    std::size_t turn = 0;              // whose it is among equals
    bool due = false;                  // some of its tasks may find room
  };
  struct Engine {
    ImageRef image = none;
    bool suspended = false;
    bool idle = false;             // counted in its pool
    bool restricted_last = false;  // of tasks that only some may run it got the last one
    std::uint32_t held = 0;        // tasks and rows
    std::uint32_t items = 0;       // of them
    std::uint32_t bound = 0;       // items that are addressed to it: they can't be recalled
    std::uint32_t restricted = 0;  // items that only some engines may run
    TaskRef first = none;
    TaskRef last = none;
    std::deque<TaskRef> addressed;  // waiting for this engine and no other
    std::deque<TaskRef> blocked;    // the same, of sessions that are blocked
    std::vector<EngineSet*> sets;   // with tasks that it may run, if it serves their image
    Nanoseconds work = 0;           // what it holds, as estimated when it was dispatched
    std::size_t bytes = 0;          // of what it holds
    CodeRef code = none;            // what it was given last
    std::uint32_t spare_at = none;  // its place among its pool's spares
    wire::Instant heard{};          // its last outcome, or since when it has work
    Nanoseconds round_trip = Pace::assumed_round_trip;
    bool recalling = false;           // asked, and not answered yet
    bool recall_expired = false;      // for so long that others may be asked in its place
    bool gave_back = false;           // something, since it was asked
    std::uint32_t empty_recalls = 0;  // in a row
    wire::Instant recalled_at{};
    wire::Instant no_recall_until{};
  };

  Pool& pool(ImageRef image);
  TaskQueue& queue_of(const Task& task);
  std::deque<TaskRef>& addressed_queue(const Task& task);
  void enqueue_addressed(TaskRef ref, bool in_front);
  void count_for_engines(SessionRef session, std::size_t more, std::size_t less);
  void move_addressed(SessionRef session, bool block);
  /// An image with tasks that could be dispatched is wanted. So many waited `before`.
  void note_wanted(ImageRef image, std::size_t before) {
    const bool wanted = pools_[image].queue.waiting() > 0;
    if (wanted != (before > 0)) want(image, wanted);
  }
  /// Finds the places of a task without a copy of its lists.
  struct ByPlaces {
    using is_transparent = void;
    using Key = std::tuple<ImageRef, const std::vector<EngineRef>&, const wire::Resources&>;
    static Key key(const Places& places) { return {places.image, places.engines, places.needs}; }
    static const Key& key(const Key& key) { return key; }
    bool operator()(const auto& a, const auto& b) const { return key(a) < key(b); }
  };
  ByPlaces::Key places_of(const Task& task) const;
  std::vector<EngineRef> suitable(const Places& places) const;
  bool has_needs(EngineRef engine, const wire::Resources& needs) const;
  EngineSet& set_of(const Task& task);
  void enqueue_restricted(TaskRef ref, bool in_front);
  void unqueue_restricted(TaskRef ref);
  void forget_set(EngineSet& set);
  void make_due(EngineSet& set);
  void join_sets(EngineRef engine);
  void place_part(TaskRef fresh, TaskRef old, bool in_front);
  void enqueue(TaskRef ref, bool in_front);
  Engine& engine_slot(EngineRef engine);
  std::optional<Dispatch> dispatch_addressed(wire::Instant now);
  std::optional<Dispatch> dispatch_restricted(wire::Instant now);
  Dispatch give_next(Pool& pool, TaskRef task, EngineRef engine, wire::Instant now);
  Dispatch carry_out(TaskRef task, EngineRef engine, wire::Instant now);
  void hold(TaskRef task, EngineRef engine, TaskRef before, wire::Instant now);
  void unqueue(TaskRef ref);
  void detach(TaskRef ref);
  /// What a change of the engine's load asks for: its place among those with credit, and whether
  /// it idles or has tasks to spare.
  void place_again(EngineRef engine, bool used);
  void withdraw_credit(EngineRef engine);
  void end_run();
  bool is_tiny(const Task& task) const;
  void note_spare(EngineRef engine, bool spare);
  std::uint32_t load(const Engine& engine) const;
  bool may_take(const Engine& engine) const {
    const std::uint32_t most = config_.credit == 0 ? Pace::most_tasks : config_.credit;
    return !engine.suspended && (engine.held == 0 || (!engine.recalling && engine.held < most));
  }
  bool has_room(const Engine& engine, const Task& task) const;
  EngineRef choose(Pool& pool, const Task& task, EngineRef to_spare = none);
  EngineRef choose(EngineSet& set, const Task& task);
  void recall_from(Pool& pool, wire::Instant now, std::vector<Recall>& recalls);
  bool worth_recalling(const Engine& engine, wire::Instant now) const;
  bool has_idle_alternative(EngineRef engine, const Task& task) const;
  Recall newest(EngineRef engine, std::size_t count, bool for_idle, SessionRef only = none) const;
  void begin_recall(EngineRef engine, wire::Instant now);
  void end_recall(EngineRef engine);
  /// Items that could be asked back: neither the oldest, which is being executed, nor those bound.
  std::uint32_t spare(const Engine& engine) const;
  void want(ImageRef image, bool wanted);
  TaskHistory& history(Task& task);
  static bool runs_at_most_once(const Task& task);

  Config config_;
  PayloadArena arena_;  // before the tasks, whose payloads are in it
  Slab<Task> tasks_;
  std::vector<ImageRef> image_of_code_;
  std::vector<Pool> pools_;      // by image
  std::vector<Engine> engines_;  // by id
  std::vector<ImageRef> wanted_;
  std::vector<EngineRef> addressed_;
  std::map<Places, EngineSet, ByPlaces> sets_;  // with waiting tasks
  std::vector<wire::Resources> resources_;      // by engine
  std::deque<EngineSet*> due_sets_;             // in turn
  std::vector<std::size_t> for_engines_;        // items that wait for certain ones, by session
  std::vector<bool> blocked_;                   // by session
  std::size_t next_wanted_ = 0;
  bool alone_ = true;             // one session only has tasks for any engine, and has had for long
  wire::Instant alone_again_{};   // when that is so, unless others come
  EngineRef run_of_ = none;       // gets the tiny tasks of a pass, while no other has less to do
  std::uint32_t dispatches_ = 0;  // wraps: an attempt doesn't outlive four thousand million others
  std::size_t waiting_ = 0;
  std::size_t held_ = 0;
  std::size_t active_engines_ = 0;
  Estimates estimates_;
  Nanoseconds wait_ = 0;
  std::size_t idle_engines_ = 0;   // of all pools
  std::size_t spare_engines_ = 0;  // of all pools
  std::size_t recalls_in_flight_ = 0;
  wire::Instant recall_at_ = wire::Instant::max();
};

}  // namespace muster::controller
