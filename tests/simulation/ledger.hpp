#pragma once
// What the simulated world knows to be true: what each task is meant to do, and what really
// happened to it. The checker compares it with what the state machines say.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <muster/detail/bound_value.hpp>
#include <muster/view_options.hpp>

#include "client/pending.hpp"
#include "protocol/body.hpp"
#include "protocol/limits.hpp"
#include "tests/simulation/files.hpp"
#include "tests/simulation/world.hpp"

namespace muster::simulation {

/// What a task does when it runs.
struct Script {
  enum class Ends { value, throws, kills_its_process };
  Ends ends = Ends::value;
  std::uint32_t throws = 0;  ///< of its runs, the first this many throw
  Duration duration{};
  bool obeys_stop = false;
  wire::TaskOptions options;
  std::size_t argument_bytes = sizeof(std::uint64_t);
  std::size_t value_bytes = sizeof(std::uint64_t);
  detail::BoundValues values{};  ///< that it names
  bool shares = false;           ///< its arguments are one of them, as those of a broadcast are

  /// Its engines are some of these; empty: any.
  std::vector<std::uint32_t> engines() const {
    return wire::numbers_in(options.engines, SIZE_MAX).value();
  }
  bool restricted() const { return !options.engines.empty() || !options.needs.empty(); }
  bool has_limits() const {
    return options.queue_ns != 0 || options.run_ns != 0 || options.total_ns != 0;
  }
};

/// A silence from which the cluster may conclude that a process is dead: half of what it waits for,
/// because what led to the stop, or a link that has to be opened again, may add to it.
inline constexpr Duration maybe_dead_after = wire::dead_after / 2;

struct Run {
  std::int64_t pid = 0;
  std::uint32_t engine = 0;
  Instant started_at{};
  Instant ended_at{};       ///< zero while it runs
  bool died = false;        ///< its process ended before it executed another task
  bool arrives = false;     ///< its outcome was sent, and nothing can keep it from the controller,
                            ///< though its process died
  std::uint64_t links = 0;  ///< of a client's own: how many it had opened before
  bool died_with_controller = false;  ///< its outcome, which was there and not yet at its client
};

/// What a task waits for, if it does.
struct Waits {
  On on = On::success;
  bool any = false;
  bool follows = false;  ///< it runs where they ran
  std::vector<std::size_t> tasks;
};

/// The value of this task belongs at this place of another's arguments.
struct Argument {
  std::size_t at = 0;
  std::size_t task = 0;
};

struct TaskRecord {
  Script script;
  Waits waits;
  std::vector<Argument> arguments;  ///< in the order of their places
  std::size_t client = 0;
  std::uint64_t counter = 0;
  std::shared_ptr<detail::Pending> pending;  ///< null until it was submitted
  std::vector<Run> runs;
  std::uint32_t thrown = 0;
  bool cancel_wished = false;
  Instant wished_at{};     ///< or when it was submitted, if that came later
  bool asked_for = false;  ///< by another client, after the death of its own
  bool seen_settled = false;
  bool lost = false;  ///< it settled because the connection was over
  wire::OutcomeKind seen_kind = wire::OutcomeKind::value;
};

struct Ledger {
  std::vector<TaskRecord> tasks;
  std::map<std::pair<wire::Uuid, std::uint64_t>, std::size_t> by_token;
  /// Processes that were killed, or silent for so long that the cluster may think so.
  std::set<std::int64_t> given_up;
  /// Those that the controller had ended because they had retired: nothing goes astray with them.
  std::set<std::int64_t> replaced;
  bool node_given_up = false;  ///< some node, whether it had processes then or not
  /// Processes that ended because a controller said GOODBYE to them.
  std::set<std::int64_t> dismissed;
  /// Sessions that the controller has dropped, as their log lines name them.
  std::set<std::string> dropped_sessions;
  std::map<std::size_t, Instant> dropped_at;  ///< the last time, by client
  std::uint64_t deaths_after_start = 0;
  unsigned values_refused = 0;                ///< percent of those that nodes are to hand over
  std::uint64_t values_handed_over = 0;       ///< by nodes, to processes
  std::map<std::size_t, Instant> last_start;  ///< of any task, by client
  Files files;
  std::vector<std::string> violations;
  std::function<void()> when_violated = [] {};

  void violate(std::string what) {
    violations.push_back(std::move(what));
    when_violated();
  }
};

/// `bytes` long, at least eight: `first`, and then what follows from it.
detail::Buffer body_from(std::uint64_t first, std::size_t bytes);
bool same_bytes(wire::Bytes one, wire::Bytes other);

/// The arguments of a task begin with its index in the ledger.
inline detail::Buffer arguments_of(std::size_t task, std::size_t bytes) {
  return body_from(task, bytes);
}
/// The same with the values of other tasks in it, as an engine should get it.
detail::Buffer arguments_of(std::size_t task, const Ledger& ledger);
/// The index in a task's arguments; no task's when there is none.
std::uint64_t task_in(wire::Bytes arguments);

/// The one right value of a task.
inline detail::Buffer value_of(std::size_t task, std::size_t bytes) {
  return body_from(Random(task).next(), bytes);
}

}  // namespace muster::simulation
