#pragma once
// A task as the controller remembers it, from its submission until its outcome is on its way.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <muster/error.hpp>

#include "controller/payload.hpp"
#include "protocol/body.hpp"
#include "protocol/filled_body.hpp"
#include "protocol/lane.hpp"
#include "protocol/large_body.hpp"
#include "protocol/outcome_times.hpp"
#include "protocol/outgoing_streams.hpp"
#include "protocol/record.hpp"
#include "protocol/resources.hpp"

namespace muster::controller {

using TaskRef = std::uint32_t;    ///< index into the scheduler's slab; reused after release
using EngineRef = std::uint32_t;  ///< an engine's id
using ImageRef = std::uint32_t;
using SessionRef = std::uint32_t;
using CodeRef = std::uint32_t;
inline constexpr std::uint32_t none = UINT32_MAX;

/// What only tasks with options, with a troubled past or with a large body have.
struct TaskHistory {
  wire::TaskOptions options;
  std::uint32_t exceptions = 0;       ///< counted against retries
  std::vector<wire::Death> crashes;   ///< counted against max_crashes
  std::vector<EngineRef> tried;       ///< engines on which it failed or crashed
  std::uint32_t moves = 0;            ///< uncharged, unlimited, shown
  wire::LargeBodyPtr body;            ///< arguments that don't fit into a record
  wire::OutgoingStreamPtr stream;     ///< on which its engine gets them
  wire::Instant submitted{};          ///< of one that was said again: to a predecessor, or before
  std::optional<Limit> passed;        ///< the limit that has passed while an engine holds the task
  std::uint32_t last_process = none;  ///< where its latest attempt has ended, whatever came of it
  std::optional<wire::OutcomeTimes> last_run;  ///< and when it ran there
  std::uint64_t gate = 0;                      ///< what it waits for (gates.hpp); 0: nothing
  std::vector<wire::Filling> values;  ///< that belong into its arguments, once these are whole
  std::vector<EngineRef> where;       ///< the engines that may run it, ascending; empty: any
  wire::Resources needs;              ///< what its engine has to have
  bool lacks_arguments = false;       ///< some are to be other tasks' values, which haven't come
  bool stands_in = false;             ///< for another task, whose outcome it gets: it never runs
  bool lacks_values = false;          ///< bound ones that it names aren't whole yet
  bool asked_back = false;            ///< its client would run it, if its engine hasn't begun it
  bool engines_only = false;          ///< its client couldn't run it
  bool runs_again = false;            ///< what another one did, with values that were lent to it
  bool asks_file = false;             ///< the history's file may have one of its name (rule 9)

  void attempt_ended(std::uint32_t process, std::optional<wire::OutcomeTimes> run) {
    last_process = process;
    last_run = run;
  }
};

/// One task, or a row of them that were submitted together and have shared one fate so far: they
/// wait, travel and are held as one until something concerns some of them only (rule 18). Then the
/// row is split; the parts are tasks like any other.
struct Task {
  enum class State : std::uint32_t {
    free,      ///< the slab's entry is not in use
    arriving,  ///< it, or a value that it names, isn't whole, or it is parked, or waits for others,
               ///< or for the history's file
    waiting,   ///< in a queue
    held,      ///< dispatched; one engine has it
    detached,  ///< taken from an engine; about to be queued again or settled
    lent,      ///< its own client runs it (core_lending.hpp)
  };

  std::uint64_t counter = 0;  ///< of the first item that is open
  std::uint64_t attempt = 0;  ///< the current one: (epoch, number of dispatches)
  Payload payload;
  std::unique_ptr<TaskHistory> history;
  std::uint32_t dispatch_sequence =
      0;  ///< the message on its engine's link that carried it, modulo
  SessionRef session = none;
  CodeRef code = none;
  EngineRef engine = none;      ///< its holder
  std::uint32_t charge_ns = 0;  ///< what it counts for in its engine's work
  TaskRef next = none;          ///< in its queue, or among its engine's tasks
  TaskRef previous = none;
  // One word, and with it 64 bytes: a million of them may wait.
  std::uint32_t count : 17 = 1;  ///< items left, with consecutive counters
  State state : 3 = State::free;
  bool running : 1 = false;        ///< the engine said that its first item has started
  bool cancel_wished : 1 = false;  ///< rule 16: it is never started again
  bool body_missing : 1 = false;   ///< its arguments stream and aren't whole yet
  bool parked : 1 = false;         ///< rule 7: an engine may hold it that hasn't said so yet
  std::uint8_t starts = 0;         ///< how often user code began, as far as is known

  /// It starts when others have ended.
  bool awaits() const { return history && history->gate != 0; }
  /// It starts when the bound values that it names are whole.
  bool lacks_values() const { return history && history->lacks_values; }
  /// One of these holds it back.
  bool is_held_back() const {
    return history && (history->gate != 0 || history->lacks_values || history->asks_file);
  }
  /// The only engine that may run it (rule 17), or none.
  EngineRef target() const {
    if (!history || history->options.target < 0) return none;
    return static_cast<EngineRef>(history->options.target);
  }
  /// It may run on some engines only, and again on another of them.
  bool restricted() const { return history && !(history->where.empty() && history->needs.empty()); }
  /// Its items stay together while their engine lives.
  bool whole() const { return history && history->options.whole; }
  int priority() const { return history ? history->options.priority : 0; }
  /// The last attempt that this controller knows of, 0 for none. One of a predecessor may be news.
  std::uint64_t known_attempt() const {
    return static_cast<std::uint32_t>(attempt) == 0 ? 0 : attempt;
  }
  /// What its engine has to keep until it has run.
  std::size_t argument_bytes() const {
    return payload.size() + (history && history->body ? history->body->size() : 0);
  }
};
static_assert(sizeof(Task) == 64);
/// Items of a row that is submitted as one task.
inline constexpr std::uint32_t task_items_max = (1u << 17) - 1;

}  // namespace muster::controller
