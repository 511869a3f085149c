#pragma once
// Bodies of the cluster's own records: msgpack maps, so that a later version can add a field.
// Users' arguments and results never pass through here.

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <muster/detail/buffer.hpp>

#include "protocol/fields.hpp"
#include "protocol/identity.hpp"
#include "protocol/record.hpp"
#include "protocol/role.hpp"
#include "protocol/runs.hpp"

namespace muster::wire {

/// A file that an image consists of: its program, or a library that travels with it.
struct ImagePart {
  std::string digest;  ///< 32 bytes
  std::string name;    ///< without a directory
  std::string path;    ///< where it is on the client's host
  std::uint64_t bytes = 0;
  MUSTER_FIELDS(digest, name, path, bytes)
};

/// A shared library of a process, in the build that its linker named.
struct LoadedObject {
  std::string name;  ///< without a directory
  std::string build_id;
  MUSTER_FIELDS(name, build_id)
};

/// Opens a link. Fields that a role doesn't need stay empty.
struct Hello {
  std::uint32_t version = 0;
  std::uint8_t role = 0;
  std::string cluster;  ///< the cluster's Uuid, 16 bytes
  std::string peer;     ///< client: its session; engine: its process; node: itself
  std::int64_t pid = 0;
  std::string host;
  std::string program;          ///< path of the program, for people
  std::string image;            ///< client and engine: 32 bytes; node: its stock image
  std::uint64_t watermark = 0;  ///< client
  std::uint32_t engine = 0;     ///< engine
  std::uint32_t incarnation = 0;
  std::vector<std::uint32_t> engines;  ///< node: the ids it was given, empty the first time
  std::uint32_t slots = 0;             ///< node
  std::int64_t clock = 0;              ///< sender's monotonic clock, nanoseconds
  bool fresh = true;                   ///< false when the peer had a link to this cluster before
  std::vector<ImagePart> parts;        ///< client: the files of its image, the program first
  std::vector<LoadedObject> objects;   ///< client and engine: libraries that aren't the system's
  std::vector<std::string> resources;  ///< node: what each of its engines has (resources.hpp)
  std::string job;          ///< node: one word for all ranks of an MPI job; empty: it is no rank
  std::uint32_t rank = 0;   ///< of that job
  std::uint32_t ranks = 0;  ///< how many that has
  MUSTER_FIELDS(version, role, cluster, peer, pid, host, program, image, watermark, engine,
                incarnation, engines, slots, clock, fresh, parts, objects, resources, job, rank,
                ranks)
};

/// The answer. The link's id stands in the envelope.
struct Welcome {
  std::uint32_t epoch = 0;
  std::int64_t pid = 0;
  std::string host;
  std::int64_t clock = 0;  ///< the controller's, nanoseconds
  std::int64_t echo = 0;   ///< Hello::clock
  std::uint64_t message_bytes = 0;
  std::uint64_t credit_counter = 0;    ///< client: counters below this may be submitted
  std::uint64_t body_bytes = 0;        ///< the largest body
  std::vector<std::uint32_t> engines;  ///< node: the ids of its slots
  bool known = false;                  ///< client: an Inventory follows on the task socket
  std::uint32_t cluster_engines = 0;   ///< client: engines on connected nodes
  MUSTER_FIELDS(epoch, pid, host, clock, echo, message_bytes, credit_counter, body_bytes, engines,
                known, cluster_engines)
};

/// How Heartbeat::reason begins when no engine has what tasks need; the list of it follows.
inline constexpr std::string_view needs_word = "needs ";

/// From a peer: its clock and what its slots are executing. From the controller: an echo, to a
/// client why its tasks wait, to an engine its pace.
struct Heartbeat {
  std::int64_t clock = 0;
  std::int64_t echo = 0;
  bool executing = false;
  std::string session;  ///< 16 bytes
  std::uint64_t counter = 0;
  std::int64_t executing_ns = 0;
  std::int64_t round_trip_ns = 0;     ///< from an engine: the smallest of late; 0: none measured
  std::int64_t outcomes_wait_ns = 0;  ///< to an engine: how long outcomes may wait for company
  std::uint64_t waiting = 0;          ///< to a client: its tasks that no engine holds
  std::string reason;                 ///< to a client: why, or empty
  std::uint32_t cluster_engines = 0;  ///< to a client: engines on connected nodes
  bool stopping = false;  ///< what executes was cancelled: it ends soon, by force if need be
  MUSTER_FIELDS(clock, echo, executing, session, counter, executing_ns, round_trip_ns,
                outcomes_wait_ns, waiting, reason, cluster_engines, stopping)
};

/// To a client: the cluster's engines, by ascending ids. Those that were lost with their node, and
/// may come back with it, aren't among them.
struct Roster {
  std::vector<std::uint32_t> engines;
  MUSTER_FIELDS(engines)
};

struct Code {
  std::string image;  ///< 32 bytes
  std::string entry;
  MUSTER_FIELDS(image, entry)
};

struct Process {
  std::uint32_t engine = 0;
  std::int64_t pid = 0;
  std::string host;
  MUSTER_FIELDS(engine, pid, host)
};

/// Runs of counters that the sender holds. From an engine `attempts` names each run's attempt; from
/// a client that is all it has to say again, the record is empty.
struct Inventory {
  std::uint32_t session = 0;
  std::vector<std::uint64_t> first;
  std::vector<std::uint32_t> count;
  std::vector<std::uint64_t> attempts;
  std::vector<std::uint32_t> starts;  ///< engine: which start of its task each run is
  bool executing = false;             ///< engine: the first run is being executed
  std::vector<std::uint64_t> begun;   ///< engine: counters addressed to it that it has started
  std::uint64_t begun_forgotten = 0;  ///< engine: of those, it remembers none below this
  std::vector<std::string> values;    ///< engine, controller: names of bound values that it has
  std::vector<std::uint64_t> value_bytes;  ///< engine: of each
  MUSTER_FIELDS(session, first, count, attempts, starts, executing, begun, begun_forgotten, values,
                value_bytes)
};

/// Stands in a record for the body that streams beside it.
struct StreamHead {
  std::uint64_t stream = 0;  ///< its number, in this lane
  std::uint64_t length = 0;
  MUSTER_FIELDS(stream, length)
};

/// Where a piece of output stands in all that its task has written there. Not of several items.
struct OutputPlace {
  std::uint64_t offset = 0;
  MUSTER_FIELDS(offset)
};

/// Of two published values of an attempt the one with the higher number is the later one.
struct PublishedNumber {
  std::uint64_t number = 0;
  MUSTER_FIELDS(number)
};

struct Credit {
  std::uint64_t counter = 0;  ///< counters below this may be submitted
  MUSTER_FIELDS(counter)
};

/// The order to an engine to cancel the task named by the record's counter and attempt.
struct CancelOrder {
  std::string session;         ///< 16 bytes: on the control socket no index is sure to be known
  std::uint64_t sequence = 0;  ///< the message that carried the task's dispatch
  MUSTER_FIELDS(session, sequence)
};

/// The order to an engine to give back what it hasn't started of these attempts.
struct RecallOrder {
  std::uint64_t sequence = 0;           ///< the message that carried the last of their dispatches
  std::vector<std::uint64_t> attempts;  ///< newest first
  std::vector<std::uint32_t> items;     ///< of each, so many at most, the last ones; empty: all
  MUSTER_FIELDS(sequence, attempts, items)
};

/// One process that died under a task.
struct Death {
  std::uint32_t engine = 0;
  std::string host;
  std::int64_t pid = 0;
  std::int32_t signal = 0;
  std::int32_t exit_code = -1;
  std::string text;
  std::string reason;
  MUSTER_FIELDS(engine, host, pid, signal, exit_code, text, reason)
};

/// The body of an outcome that no user code produced.
struct Ending {
  std::string text;
  std::vector<Death> deaths{};
  std::string limit{};        ///< of one that timed out: "queue", "run" or "total"
  std::int64_t limit_ns = 0;  ///< and how long that was
  MUSTER_FIELDS(text, deaths, limit, limit_ns)
};

/// To a node: keep this image.
struct Offer {
  std::string image;
  std::int64_t pid = 0;
  std::string path;
  std::vector<ImagePart> parts;  ///< the program first
  std::uint64_t number = 0;      ///< comes back with what becomes of it
  MUSTER_FIELDS(image, pid, path, parts, number)
};

/// To who has a file of an image, from who lacks it.
struct Fetch {
  std::string file;  ///< its digest, 32 bytes
  std::uint64_t offset = 0;
  std::uint32_t bytes = 0;
  MUSTER_FIELDS(file, offset, bytes)
};

/// Names the file of a `part`.
struct FileName {
  std::string file;
  MUSTER_FIELDS(file)
};

/// From a node about an image.
struct ImageState {
  std::string image;
  std::string reason;
  std::uint64_t number = 0;  ///< of the offer that it answers
  MUSTER_FIELDS(image, reason, number)
};

/// To a node: get this bound value, unless it is there, and give it to this process.
struct GiveValue {
  std::uint64_t number = 0;  ///< comes back with what becomes of it
  std::string name;          ///< 32 bytes; its parts are fetched by it
  std::uint64_t bytes = 0;
  std::string hash;  ///< a BodyHash
  std::uint32_t engine = 0;
  std::string image;
  std::uint32_t incarnation = 0;
  std::uint64_t link = 0;  ///< the process's: it is told with the value
  MUSTER_FIELDS(number, name, bytes, hash, engine, image, incarnation, link)
};

/// From a node. Without a reason the process has it, or will not need it any more.
struct ValueGiven {
  std::uint64_t number = 0;
  std::string reason;
  MUSTER_FIELDS(number, reason)
};

/// To a node: nobody needs these bound values any more.
struct DropValues {
  std::vector<std::string> names;
  MUSTER_FIELDS(names)
};

/// To a node: start, or end, a process.
struct Fill {
  std::uint32_t engine = 0;
  std::string image;
  std::uint32_t incarnation = 0;
  MUSTER_FIELDS(engine, image, incarnation)
};

/// To a node: end this process. With a reason the process is to blame, and the end counts as if it
/// had come by itself; without one it is the controller's wish.
struct EndProcess {
  std::uint32_t engine = 0;
  std::string image;
  std::uint32_t incarnation = 0;
  std::string reason;
  MUSTER_FIELDS(engine, image, incarnation, reason)
};

/// To a node: send this process a signal.
struct SignalProcess {
  std::uint32_t engine = 0;
  std::string image;
  std::uint32_t incarnation = 0;
  std::uint32_t signal = 0;
  MUSTER_FIELDS(engine, image, incarnation, signal)
};

/// From a node to a controller that has been started again: the processes that it was ordered to
/// start, of each engine and image the last one, in several records if they are many; and how long
/// ago one of that engine and image ended which had served, negative for never.
struct Filled {
  std::vector<std::uint32_t> engines;
  std::vector<std::string> images;
  std::vector<std::uint32_t> incarnations;
  std::vector<bool> alive;
  std::vector<std::int64_t> ended_ns;
  MUSTER_FIELDS(engines, images, incarnations, alive, ended_ns)
};

/// From a node: a process has ended. Fields as in launcher/node_session.hpp.
struct ProcessEnded {
  std::uint32_t engine = 0;
  std::string image;
  std::uint32_t incarnation = 0;
  bool by_order = false;
  bool never_started = false;
  std::int32_t exit_code = -1;
  std::int32_t signal = 0;
  std::string text;
  bool named = false;
  std::string session;
  std::uint64_t counter = 0;
  std::uint64_t attempt = 0;
  std::uint64_t link = 0;
  std::uint64_t sent_sequence = 0;
  bool over_limit = false;
  std::int64_t pid = 0;
  std::string reason;
  std::int64_t ran_ns = 0;
  bool initializing = false;  ///< the task named had not begun: its initializer was still running
  MUSTER_FIELDS(engine, image, incarnation, by_order, never_started, exit_code, signal, text, named,
                session, counter, attempt, link, sent_sequence, over_limit, pid, reason, ran_ns,
                initializing)
};

/// What a submission waits for: tasks of its own session that were submitted before it. Of each
/// role there is one group; one that doesn't fit into a record comes in several.
struct Awaited {
  enum Role : std::uint8_t {
    after = 0,     ///< it starts when these have ended
    follow = 1,    ///< and where they ran
    argument = 2,  ///< and their values belong into its arguments, at these places
  };
  enum On : std::uint8_t {
    success = 0,  ///< they have to end with a value
    failure = 1,  ///< otherwise
    end = 2,      ///< whichever way
  };
  std::uint8_t role = after;
  std::uint8_t on = success;
  bool any = false;  ///< one of them is enough
  std::vector<std::uint64_t> first;
  std::vector<std::uint32_t> count;
  std::vector<std::uint32_t> engines;  ///< of a `follow`: of those that have ended as they have to
  std::vector<std::uint64_t> at;       ///< of arguments: of each run, which is one task, the place
  std::string broken;                  ///< it can't come any more, and why
  MUSTER_FIELDS(role, on, any, first, count, engines, at, broken)
};

/// Policy of one task: the options block of a submission. Absent members keep their defaults.
struct TaskOptions {
  std::uint32_t retries = 0;
  std::uint32_t max_crashes = 3;
  std::int64_t queue_ns = 0;  ///< 0: no limit
  std::int64_t run_ns = 0;
  std::int64_t total_ns = 0;
  std::int64_t target = -1;          ///< the engine that it is addressed to; negative: any
  std::uint32_t first_item = 0;      ///< of a dispatch: where in the body its items begin
  std::string label{};               ///< the user's word for it
  std::int32_t priority = 0;         ///< among those of its session: higher goes first
  Runs engines{};                    ///< those that may run it; empty: any
  std::vector<std::string> needs{};  ///< what its engine has to have (resources.hpp)
  std::string values{};              ///< the bound values that it names, one name after the other
  bool whole = false;                ///< a row's items stay with the engine that has begun it
  std::string initializer{};         ///< the bound value (DistantCall) that runs in a process first
  std::uint32_t lifespan = 0;  ///< a process that has begun so many tasks is replaced; 0: never
  std::string arguments{};     ///< the bound value that is its arguments; empty: the body is
  std::vector<std::string> shared{};  ///< words for some of `values`: word, name, type, in turn
  std::int64_t cancel_ns = 0;  ///< how long it may go on once it was asked to; 0: the usual time
  std::int64_t init_ns = 0;    ///< how long its initializer may run in one process
  std::string key{};           ///< the user's own name for it, wherever it is submitted
  std::string call{};          ///< with a key: what stands for its function and its arguments
  MUSTER_FIELDS(retries, max_crashes, queue_ns, run_ns, total_ns, target, first_item, label,
                priority, engines, needs, values, whole, initializer, lifespan, arguments, shared,
                cancel_ns, init_ns, key, call)

  bool operator==(const TaskOptions&) const = default;
};

/// Compiled once for each body (body.cpp).
template <class Body>
struct BodyFormat {
  static detail::Buffer pack(const Body& body);
  static std::optional<Body> unpack(Bytes bytes);
};

template <class Body>
detail::Buffer pack(const Body& body) {
  return BodyFormat<Body>::pack(body);
}

/// nullopt when the bytes are no such body. Lengths are limited by the bytes that are there, so a
/// claim of four thousand million elements costs nothing.
template <class Body>
std::optional<Body> unpack(Bytes bytes) {
  return BodyFormat<Body>::unpack(bytes);
}

/// Uuids and digests travel as their bytes.
inline std::string raw(const Uuid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}
inline std::string raw(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}
/// The zero value when the length is wrong, which stands for "none" and matches nothing.
inline Uuid uuid_of(const std::string& bytes) {
  Uuid id;
  if (bytes.size() == id.bytes.size()) std::memcpy(id.bytes.data(), bytes.data(), bytes.size());
  return id;
}
inline Digest digest_of(const std::string& bytes) {
  Digest digest;
  if (bytes.size() == digest.bytes.size()) {
    std::memcpy(digest.bytes.data(), bytes.data(), bytes.size());
  }
  return digest;
}
/// The names that stand in TaskOptions::values; a rest that is none is left out.
inline std::vector<std::string_view> names_in(const std::string& values) {
  constexpr std::size_t length = sizeof(Digest::bytes);
  std::vector<std::string_view> names;
  for (std::size_t at = 0; at + length <= values.size(); at += length)
    names.push_back(std::string_view(values).substr(at, length));
  return names;
}
inline std::string text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace muster::wire
