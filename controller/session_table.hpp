#pragma once
// Clients' sessions: which counters are open, settled or unseen, and how far each may submit.

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "controller/bound_values.hpp"
#include "controller/gates.hpp"
#include "controller/submission_times.hpp"
#include "controller/task.hpp"
#include "protocol/identity.hpp"
#include "protocol/lane.hpp"

namespace muster::controller {

struct Peer;

/// One client process's tasks. What is below `base` is settled and taken; above it each counter has
/// an entry, so that holes cost four bytes (rule 10).
class ClientSession {
 public:
  static constexpr TaskRef unseen = none - 1;
  static constexpr TaskRef settled = none;

  ClientSession(wire::Uuid id, ImageRef image)
      : id(id), image(image), lane(wire::Lane::Keep::until_applied, wire::Lane::Send::in_window) {}

  /// The task, or `settled`, or `unseen`.
  TaskRef find(std::uint64_t counter) const;
  /// The first counter from this one on that isn't unseen, or `most`. Requires that it is unseen.
  std::uint64_t end_of_unseen(std::uint64_t counter, std::uint64_t most) const;
  void open_task(std::uint64_t counter, TaskRef task, std::uint32_t count = 1);
  /// These counters, which are open, belong to another task from now on.
  void reassign(std::uint64_t counter, std::uint32_t count, TaskRef task);
  /// Requires that these are open: they have ended so, and ran last on this engine, or on none.
  void settle(std::uint64_t counter, std::uint32_t count, wire::OutcomeKind kind, EngineRef engine);
  /// What others that wait for it can know of it.
  Gates::Awaited awaited(std::uint64_t counter) const;
  /// The task's id, as people write it.
  std::string name_of(std::uint64_t counter) const;
  /// As if it had never been submitted. Requires that it is open.
  void forget(std::uint64_t counter);
  /// The client has every outcome below this. Returns the task of each counter that was still open,
  /// in order: the client doesn't want them any more.
  std::vector<TaskRef> advance(std::uint64_t watermark);

  std::size_t open() const { return open_; }
  std::uint64_t base() const { return base_; }
  std::uint64_t end() const { return base_ + tasks_.size(); }
  /// Counters below this may be submitted (rule 24, as a total of the session).
  std::uint64_t credit() const;
  /// No counter at or above this was ever granted, by whatever controller.
  std::uint64_t limit() const;
  /// Open tasks, in order, each once.
  std::vector<TaskRef> open_tasks() const;

  const wire::Uuid id;
  const ImageRef image;           ///< of its program
  std::vector<ImageRef> modules;  ///< task modules that it has loaded
  bool uses(ImageRef ref) const {
    return ref == image || std::find(modules.begin(), modules.end(), ref) != modules.end();
  }
  wire::Lane lane;       ///< outcomes stay in it until the library has them
  Peer* peer = nullptr;  ///< null while no link is open
  std::uint64_t credit_said = 0;
  std::unordered_set<std::uint32_t> processes_declared;
  std::int64_t pid = 0;
  std::string host;
  std::string program;
  wire::Instant silent_since{};   ///< when the last link ended
  bool connection_ended = false;  ///< not only silent: nobody is there any more
  bool from_before = false;       ///< a controller before this one may have passed its tasks on
  bool resending = false;         ///< its client hasn't said yet that this was all it had open
  std::uint64_t completed = 0;
  bool kept = false;      ///< its program has its handle: it outlives its client, with its outcomes
  bool detached = false;  ///< it does so: nobody reads its lane
  bool outcomes_changed = false;  ///< what its lane keeps, in this pass
  bool borrows = false;           ///< its client has asked some tasks back, on this link
  SubmissionTimes submitted;
  Gates gates;
  std::size_t behind_gates = 0;  ///< items that wait for other tasks
  SessionValues values;          ///< that its client has sent

 private:
  // What an entry says that is no task: how one has ended, and where it ran.
  static constexpr TaskRef first_ending = 1u << 31;
  static constexpr unsigned engine_bits = 27;
  static constexpr EngineRef no_engine = (1u << engine_bits) - 1;
  static bool is_open(TaskRef entry) { return entry < first_ending; }

  std::ptrdiff_t place(std::uint64_t counter) const {
    return static_cast<std::ptrdiff_t>(counter - base_);
  }

  std::deque<TaskRef> tasks_;
  std::uint64_t base_ = 1;
  std::size_t open_ = 0;
};

class SessionTable {
 public:
  /// Finds the session, or none.
  SessionRef find(const wire::Uuid& id) const;
  SessionRef add(const wire::Uuid& id, ImageRef image);
  void remove(SessionRef session);

  ClientSession* get(SessionRef session) {
    return session < sessions_.size() ? sessions_[session].get() : nullptr;
  }
  const ClientSession* get(SessionRef session) const {
    return session < sessions_.size() ? sessions_[session].get() : nullptr;
  }
  /// One past the highest reference in use.
  SessionRef end() const { return static_cast<SessionRef>(sessions_.size()); }
  std::size_t size() const { return by_id_.size(); }

 private:
  std::vector<std::unique_ptr<ClientSession>> sessions_;  // never reused: engines' links name them
  std::unordered_map<wire::Uuid, SessionRef> by_id_;
};

}  // namespace muster::controller
