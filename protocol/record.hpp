#pragma once
// A record: a fixed-offset header, an optional options block, an opaque body. It is valid msgpack
// throughout and every field has its widest form, so it can be read and patched in place.
// protocol/README.md draws the layout; nothing else knows it.

#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/detail/buffer.hpp>

namespace muster::wire {

using Bytes = std::span<const std::byte>;

/// What a record says. The numbers are part of the wire: never change or reuse one.
enum class Kind : std::uint8_t {
  // Any peer and the controller, on the control socket.
  hello = 1,      ///< opens a link; body: Hello
  welcome = 2,    ///< the answer to it; body: Welcome
  goodbye = 3,    ///< end yourself; body: text
  stale = 4,      ///< your link is over, say HELLO again; body: text
  heartbeat = 5,  ///< body: Heartbeat
  roster = 6,     ///< client: tell me which engines there are; the answers; body: Roster
  // Declarations, valid for the sender's direction of one link.
  declare_session = 10,  ///< session = index; body: 16 bytes
  declare_code = 11,     ///< code = index; body: Code
  declare_process = 12,  ///< code = index; body: Process
  inventory = 13,        ///< what the sender holds; flags 1: that was all; body: Inventory
  attach = 14,           ///< the first record on a task socket: here I am
  declare_image = 15,    ///< client, on its task socket: code that is declared after it may be in
                         ///< this image; body: ModuleImage
  // Tasks.
  submit = 20,    ///< client: new tasks; of several, the body is a row (item_row.hpp)
  dispatch = 21,  ///< controller: run these; flags 1: the body is a row
  outcome = 22,   ///< engine or controller: how the task ended; flags: OutcomeKind
  running = 23,   ///< engine: this attempt has been started
  returned = 24,  ///< engine: these never started and never will here; flags 1: they were recalled
  cancel = 25,    ///< client: the wish; controller: the order (counters); flags: CancelDemand
  answer = 26,    ///< what became of a cancel; flags: CancelAnswer
  credit = 27,    ///< controller to client; body: Credit
  settled = 28,   ///< controller: that task was settled before; forget it
  recall = 29,    ///< controller: give back what you haven't started; body: RecallOrder
  recalled = 30,  ///< engine: everything that a recall gives back came before this
  chunk = 31,     ///< a part of a streaming body: counter = stream, attempt = offset; flags below
  awaits = 32,  ///< client: what the submission of this counter, the next, waits for; body: Awaited
  again = 33,   ///< controller: submit these again; what they wait for is settled, or unknown here
  output = 34,  ///< engine, controller: what a task, or one of several items, has printed; flags: 0
                ///< stdout, 1 stderr; options: OutputPlace; body: text. May be left out
  published =
      35,  ///< engine, controller: what a task says of itself, the latest; flags: 0 a value,
           ///< 1 its progress; options: PublishedNumber; body: encoded. May be left out
  /// Client, on its task socket: a task of its session, with the next counter, that stands for one
  /// of another session, or of its own. Options: StandIn. flags: `said_before`. Its outcome is that
  /// one's, or, of one that is to run again, a new one.
  stand_in = 36,
  bind = 37,    ///< client, controller: a bound value; options: its name; body: the value; flags
                ///< below
  unbind = 38,  ///< client, controller: forget the bound value of this name, in the options
  retired =
      39,  ///< engine: this process starts nothing more; every outcome came before, or streams
  // Nodes, on the control socket.
  offer = 40,
  image_ready = 41,
  image_failed = 42,
  fill = 43,
  end_process = 44,
  process_ended = 45,
  filled = 46,   ///< what it was told to start before; flags 1: the last one; body: Filled
  fetch = 47,    ///< who lacks a file of an image: send me this part; body: Fetch
  part = 48,     ///< the answer: counter = offset; options: FileName; flags below
  drain = 49,    ///< a node will leave, and wants no new tasks until then; body: Drain
  drained = 50,  ///< the answer, when nothing is left there that would be lost: leave. flags:
                 ///< drained_emptied
  signal_process = 51,  ///< body: SignalProcess
  look = 52,            ///< to a node: look at this process; body: LookAtProcess
  stacks = 53,          ///< the answer; body: ProcessStacks
  give_value = 54,      ///< get this bound value and give it to this process; body: GiveValue
  drop_values = 55,     ///< forget these bound values; body: DropValues
  value_given = 56,     ///< the answer to give_value; body: ValueGiven
  // Observers, on the control socket.
  status_request = 60,
  status = 61,  ///< body: a part of the text; flags 1: the last one
  timeline_request = 62,
  timeline = 63,  ///< the same
  // Clients and observers, on the control socket.
  question = 64,  ///< code: a Topic; attempt: the asker's number of it; body: by topic
  told = 65,      ///< attempt: that number; flags: as in question.hpp; body: a part of the answer
  // Clients, on the task socket.
  ask_back = 66,  ///< let me run these `count` tasks, as far as nobody has begun them. Each is
                  ///< answered by a record `lent`, or has an outcome
  lent = 67,  ///< the answer for one task. It is the client's from now on, as this attempt, which
              ///< the client ends by an `outcome` or `returned` with that number. flags:
              ///< lent_stays
  /// Controller: the client's task of this counter has the key of another one, and gets that one's
  /// outcome (rule 9). Options: StandIn. To a controller that was started again the client says it
  /// as a `stand_in`, `followed`.
  follows = 68,
};

/// How a task ended. The numbers are part of the wire.
enum class OutcomeKind : std::uint8_t {
  value = 0,         ///< body: the encoded result
  exception = 1,     ///< body: the encoded exception
  cancelled = 2,     ///< somebody wished it and nothing came before
  quarantined = 3,   ///< it killed max_crashes processes; body: Ending with each of them
  image_failed = 4,  ///< no process of its image could be started; body: Ending
  lost = 5,          ///< the cluster can't say; body: Ending
  timed_out = 6,     ///< body: Ending, whose text names the limit
  engine_lost = 7,   ///< it was addressed to a process that ended; body: Ending
  impossible = 8,    ///< what it waits for can't come any more; body: Ending
  unmet = 9,         ///< its engine lacks what it looked for; body: the encoded exception
  reused = 10,       ///< its key is that of a task that does something else; body: Ending
};

/// Among the flags of a submission, a dispatch or an outcome: its body streams beside it, and the
/// body in the record is a StreamHead.
inline constexpr std::uint8_t body_streams = 0x80;
/// Among the flags of a submission: it was said on an earlier link, so an engine may hold it.
inline constexpr std::uint8_t said_before = 1;
/// Beside that one: but it was to get another task's outcome (`follows`), so no engine holds it.
inline constexpr std::uint8_t never_held = 2;
/// The flags of a `chunk` without bytes: the rest of this stream will never come.
inline constexpr std::uint8_t chunk_abandons = 1;

/// The flags of a `bind` without a body, to an engine: its node hands the value over.
inline constexpr std::uint8_t bind_from_node = 1;

/// The flags of a `part` without bytes: the file can't be had; body: why.
inline constexpr std::uint8_t part_refused = 1;

/// What an order to cancel asks of the engine that has the task. The numbers are part of the wire.
enum class CancelDemand : std::uint8_t {
  stop = 0,       ///< give it back; if it runs, ask it to stop
  give_back = 1,  ///< give it back; if it runs, leave it alone
};

/// The answer to a wish to cancel (rule 15).
enum class CancelAnswer : std::uint8_t {
  returned = 0,  ///< it had not started and never will
  running = 1,   ///< it runs; its stop_token has been told
  finished = 2,  ///< it had ended before; its outcome stands
};

/// The fixed part of every record.
struct Header {
  Kind kind = Kind::heartbeat;
  std::uint8_t flags = 0;
  std::uint8_t starts = 0;    ///< of this task, this one included; saturates at 255
  std::uint64_t attempt = 0;  ///< epoch in the upper 32 bits, number in the lower; of a submission
                              ///< and of a `stand_in` how long ago its client took it, in
                              ///< nanoseconds
  std::uint32_t session = 0;  ///< index on this link; 0 is the session named in HELLO
  std::uint64_t counter = 0;  ///< of the task, or of the first of `count` tasks
  std::uint32_t count = 1;
  std::uint32_t code = 0;  ///< index of code, or of a process in an outcome
};

/// A record as read: views into the message it came in.
struct Record : Header {
  Bytes options;
  Bytes body;
};

inline constexpr std::size_t record_header_bytes = 48;

/// The bytes that a record with these parts takes in a message.
constexpr std::size_t record_bytes(std::size_t options, std::size_t body) {
  const auto padded = [](std::size_t n) { return (n + 7) & ~std::size_t{7}; };
  return record_header_bytes + padded(options) + padded(body);
}

/// Appends a whole record. Requires buffer.size() % 8 == 0 and options.size() <= options_bytes_max;
/// keeps the former true, so that bodies begin at multiples of 8.
void append_record(detail::Buffer& buffer, const Header& header, Bytes options, Bytes body);

/// For a body that is written straight into the message: begin, append the body, end.
/// `begin_record` returns the place that `end_record` wants.
std::size_t begin_record(detail::Buffer& buffer, const Header& header, Bytes options);
void end_record(detail::Buffer& buffer, std::size_t place);

/// Reads records one after the other. Never throws and never reads outside its bytes.
class RecordReader {
 public:
  /// `records` must outlive the reader and the records read.
  explicit RecordReader(Bytes records) : rest_(records) {}

  /// False at the end, or when what follows is no record: then `malformed()` is true.
  bool next(Record& record);
  bool malformed() const { return malformed_; }

 private:
  Bytes rest_;
  bool malformed_ = false;
};

}  // namespace muster::wire
