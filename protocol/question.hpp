#pragma once
// What clients and observers ask the controller beside the tasks' own path: the bodies of the
// records `question` and `told`. Every question is answered, or refused with a reason.

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/fields.hpp"
#include "protocol/identity.hpp"
#include "protocol/record.hpp"

namespace muster::wire {

/// The short form of a session's name, which stands in the ids of its tasks: its first 8 digits.
constexpr std::uint32_t first_bits(const Uuid& id) {
  return std::uint32_t{id.bytes[0]} << 24 | std::uint32_t{id.bytes[1]} << 16 |
         std::uint32_t{id.bytes[2]} << 8 | id.bytes[3];
}

/// What a question is about: the `code` of its record. The numbers are part of the wire.
enum class Topic : std::uint32_t {
  history = 1,  ///< which tasks there are and were; body: HistoryQuestion; answer: HistoryPage
  queues = 2,   ///< what the engines have; no body; answer: QueuePage
  keep = 3,     ///< keep my session when I leave; no body, no answer but that it is done
  attach = 4,   ///< is there this session? body: SessionName; answer: SessionState
  look = 5,     ///< can this be stood for? body: StandIn; no answer but that it can
  cancel = 6,   ///< the wish, of whomever's tasks; body: TaskNames; answer: CancelsMet
  purge = 7,    ///< forget these; body: TaskNames, none are all that have ended; answer: Purged
  signal = 8,   ///< send these engines' processes a signal; body: EngineRequest; no answer but that
                ///< their nodes were told
  restart = 9,  ///< replace these engines' processes; the same
  recorded = 10,  ///< what was this ended task to do? body: StandIn; answer: RecordedTask
  shutdown = 11,  ///< stop engines, which stay stopped, or the cluster; body: ShutdownRequest; no
                  ///< answer but that it is done as far as the controller is concerned
  stack = 12,     ///< what is this engine doing? body: EngineRequest; answer: EngineStacks
  commons = 13,   ///< a lock, a counter, a queue; body: CommonsWish; answer: CommonsAnswer, in time
};

/// The flags of a part of an answer.
inline constexpr std::uint8_t told_more = 0;     ///< more of it comes
inline constexpr std::uint8_t told_all = 1;      ///< that was all
inline constexpr std::uint8_t told_refused = 2;  ///< there is no answer; the body says why

/// What a condition looks at. Numbers: counts, engines, nanoseconds. Texts: as they are shown. The
/// numbers are part of the wire.
enum class HistoryField : std::uint8_t {
  id = 0,       ///< pairs of numbers: session's first 32 bits, counter
  session = 1,  ///< the session's first 32 bits
  status = 2,   ///< muster::Status
  label = 3,
  function = 4,
  program = 5,
  engine = 6,
  host = 7,  ///< on which it ran
  attempts = 8,
  submitted = 9,  ///< of the three times: nanoseconds from now, so mostly negative
  started = 10,
  completed = 11,
  run = 12,
  key = 13,
};
inline constexpr std::uint8_t history_fields = 14;

enum class Compare : std::uint8_t {
  equal = 0,
  not_equal = 1,
  less = 2,  ///< of times: earlier
  at_most = 3,
  greater = 4,
  at_least = 5,
  one_of = 6,
  none_of = 7,
  like = 8,  ///< of texts: as the shell's patterns
};

/// What isn't known of a task, as the time when one started that never did, meets no condition but
/// not_equal and none_of.
struct Condition {
  std::uint8_t field = 0;
  std::uint8_t how = 0;
  std::vector<std::int64_t> numbers{};
  std::vector<std::string> texts{};
  MUSTER_FIELDS(field, how, numbers, texts)
};

/// Where a listing goes on: first through the open tasks, by sessions and counters, then through
/// those that have ended, the latest first.
struct HistoryPlace {
  bool open_listed = false;
  std::uint32_t session = 0;
  std::uint64_t counter = 0;
  std::uint64_t before = UINT64_MAX;
  MUSTER_FIELDS(open_listed, session, counter, before)
};

struct HistoryQuestion {
  std::vector<Condition> all{};  ///< a task has to meet all of them
  std::uint32_t limit = 0;       ///< tasks of the answer at most
  HistoryPlace from{};
  MUSTER_FIELDS(all, limit, from)
};

/// A time that isn't known.
inline constexpr std::int64_t no_time = INT64_MIN;

/// One task, or items of a map with consecutive counters that have shared one fate.
struct HistoryItem {
  static constexpr std::uint8_t open = 0xff;
  static constexpr std::uint8_t running = 0xfe;  ///< and its engine has said that it has begun

  std::uint32_t session = 0;  ///< its first 32 bits
  std::uint64_t counter = 0;
  std::uint32_t count = 1;
  std::uint8_t ending = open;  ///< OutcomeKind, or one of these
  std::string label{};
  std::string key{};
  std::string function{};
  std::string program{};
  std::int64_t client_pid = 0;
  std::string client_host{};
  std::int32_t engine = -1;
  std::int64_t pid = 0;
  std::string host{};
  std::uint32_t starts = 0;
  std::int64_t submitted_ago = no_time;  ///< nanoseconds before the answer
  std::int64_t started_ago = no_time;
  std::int64_t received_ago = no_time;
  std::int64_t run_ns = 0;
  std::string error{};  ///< of one that failed, where the history is in a file
  MUSTER_FIELDS(session, counter, count, ending, label, key, function, program, client_pid,
                client_host, engine, pid, host, starts, submitted_ago, started_ago, received_ago,
                run_ns, error)
};

struct HistoryPage {
  std::vector<HistoryItem> items{};
  bool more = false;  ///< ask again, from `next`
  HistoryPlace next{};
  MUSTER_FIELDS(items, more, next)
};

/// What one engine has to do, and has done.
struct QueueItem {
  std::uint32_t engine = 0;
  std::string host{};
  std::uint64_t held = 0;
  std::uint64_t completed = 0;
  bool ready = false;
  MUSTER_FIELDS(engine, host, held, completed, ready)
};

struct QueuePage {
  std::vector<QueueItem> engines{};
  std::uint64_t waiting = 0;  ///< that no engine has
  MUSTER_FIELDS(engines, waiting)
};

/// Which task stands for which.
struct StandIn {
  enum What : std::uint8_t {
    result = 0,     ///< it gets that one's outcome
    again = 1,      ///< it does what that one does or did
    arguments = 2,  ///< its outcome is the value that this one, which has ended, was given
    followed = 3,   ///< as `result`; where that can't be, it is asked for itself (`Kind::again`)
  };
  std::uint32_t session = 0;  ///< first 32 bits
  std::uint64_t counter = 0;
  std::uint8_t what = result;
  MUSTER_FIELDS(session, counter, what)
};

struct SessionName {
  std::string session;  ///< 16 bytes
  MUSTER_FIELDS(session)
};

struct SessionState {
  bool connected = false;  ///< its client is there
  std::int64_t pid = 0;
  std::string host{};
  std::string program{};
  std::uint64_t open = 0;
  MUSTER_FIELDS(connected, pid, host, program, open)
};

struct TaskNames {
  std::vector<std::uint32_t> sessions{};
  std::vector<std::uint64_t> counters{};
  MUSTER_FIELDS(sessions, counters)
};

/// What a wish to cancel met, of each task: a CancelAnswer, or that nobody knows it.
struct CancelsMet {
  static constexpr std::uint8_t unknown = 0xff;
  std::vector<std::uint8_t> met{};
  MUSTER_FIELDS(met)
};

/// Of the engines' processes that have tasks at that moment.
struct EngineRequest {
  std::vector<std::uint32_t> engines{};
  std::uint32_t signal = 0;  ///< as Linux numbers them; of a restart 0
  MUSTER_FIELDS(engines, signal)
};

struct ShutdownRequest {
  std::vector<std::uint32_t> engines{};
  bool cluster = false;  ///< all of it ends
  MUSTER_FIELDS(engines, cluster)
};

struct Purged {
  std::uint64_t tasks = 0;
  MUSTER_FIELDS(tasks)
};

}  // namespace muster::wire
