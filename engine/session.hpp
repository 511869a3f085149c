#pragma once
// An engine's side of its conversation with the controller: the tasks it holds, their order, their
// outcomes until the controller has them, and the orders to cancel. Without sockets, clock, threads
// or user code; engine/process.cpp has those.

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <muster/detail/bound_store.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/publication.hpp>

#include "engine/assignment.hpp"
#include "engine/handed_value.hpp"
#include "engine/item_run.hpp"
#include "engine/parked.hpp"
#include "engine/run_limit.hpp"
#include "protocol/assembled_body.hpp"
#include "protocol/identity.hpp"
#include "protocol/incoming_streams.hpp"
#include "protocol/limits.hpp"
#include "protocol/outcome_times.hpp"
#include "protocol/peer_link.hpp"
#include "protocol/record.hpp"

namespace muster::engine {

using wire::Instant;

/// One task, or one item of a row, to run: what the executing thread needs to know.
struct Job {
  std::uint32_t session = 0;  ///< index in the engine's own table
  std::uint64_t counter = 0;
  std::uint64_t attempt = 0;
  std::uint8_t starts = 1;
  std::uint32_t code = 0;                    ///< index in the engine's own table
  wire::Bytes arguments;                     ///< the session's; live until the next job is started
  const char* fault = nullptr;               ///< why there are no arguments; null when there are
  ItemRun* run = nullptr;                    ///< of quick items: claim these, this one hasn't begun
  const Initializer* initializer = nullptr;  ///< has to run before: see begin_prepared()
  /// Words for bound values, as in wire::TaskOptions::shared; null: none.
  const std::vector<std::string>* shared = nullptr;
};

/// Whose output something is: a task's, or of one of several items of a row, nobody knows which.
struct Author {
  std::uint32_t session = 0;  ///< index in the engine's own table
  std::uint64_t counter = 0;
  std::uint32_t count = 1;
  std::uint64_t attempt = 0;
  std::uint8_t starts = 1;
};

class Session {
 public:
  struct Config {
    wire::Uuid cluster;
    wire::Uuid process;
    wire::Digest image;
    std::uint32_t engine = 0;
    std::uint32_t incarnation = 0;
    std::int64_t pid = 0;
    std::string host;
    std::string program;
    std::vector<wire::LoadedObject> objects{};
    /// Items of a row that are quicker than this are started without asking in between; 0: none.
    std::int64_t quick_item_ns = 0;
  };

  Session(const Config& config, Instant now);

  void receive_control(wire::Bytes frame, Instant now);
  /// `chunk` is the part of a body that came with it.
  void receive_task(wire::Bytes frame, const wire::SharedBytes& chunk, Instant now);
  /// Call it when `deadline()` has passed.
  void tick(Instant now);
  Instant deadline() const { return std::min(link_.deadline(), run_limit_.due()); }

  /// True when the controller said GOODBYE: end the process.
  bool over() const { return link_.state() == wire::PeerLink::State::ended; }
  const std::string& farewell() const { return link_.farewell(); }

  /// The next task, which counts as executing from now on; nullopt when there is none, or when the
  /// controller has to take outcomes first (rule 27).
  /// Requires that none is executing.
  std::optional<Job> start_next(Instant now);
  /// The initializer of the executing task has run: only now does the task itself begin. False when
  /// that took longer than it may: then whatever the task is finished with is dropped.
  [[nodiscard]] bool begin_prepared(Instant now);
  /// It has lived for as long as its tasks allow: nothing more is started here.
  bool retires() const { return retires_; }
  /// It takes too much memory: it retires when what executes has ended (rule 35). Not before it has
  /// begun a task: whoever takes its place would be no smaller.
  void wear_out(Instant now);
  /// The executing thread is done with the run that it was given. An item that it has claimed and
  /// not ended is executing now, and has to be finished.
  /// Requires a job with a run.
  void end_run(Instant now);
  /// The executing task has ended. `body` is the encoded value or exception; it is dropped when the
  /// task has passed its run limit.
  void finish(wire::OutcomeKind kind, wire::Bytes body, Instant now);
  /// The same for a body that doesn't fit into a record.
  void finish_large(wire::OutcomeKind kind, detail::Buffer body, Instant now);

  /// True when the user should be asked to stop what is executing; said once for each such order.
  bool take_stop_wish();
  /// What is executing passed its run limit, or was cancelled, and didn't end when it was asked to:
  /// end the process, and let the page say why.
  bool overdue(Instant now) const { return executing_ && run_limit_.overdue(now); }
  const RunLimit& run_limit() const { return run_limit_; }
  /// When the controller said first that this process may take tasks; the clock's begin before.
  Instant first_opened() const { return first_opened_; }
  /// Tells the controller that the executing task runs, once it has run long enough (rule 19).
  void report_running(Instant now);

  /// What executes has run for so long that this was reported.
  bool runs_long() const { return executing_ && executing_->reported; }
  /// What executes and has run for long; of a run it isn't known since when.
  std::optional<Author> author() const;
  /// A part of what a task prints, before its outcome. `stream` and `offset` as in wire::Output.
  void say_output(const Author& author, std::uint8_t stream, std::uint64_t offset,
                  std::string_view text);
  /// Where the executing task says what it publishes; any thread may look whether it has.
  detail::Publication& publication() { return publication_; }
  /// What was published since this was called, of one task or item: of a run it is the last one
  /// that was begun, for none is begun behind one that has published.
  void say_published(Author author);
  /// What may be missed can be said: there is a link, and the controller takes what comes.
  bool may_say_more() const;
  /// Functions that print are executed one by one for a while, also when they are quick.
  void note_printing(std::uint32_t code) { codes_[code].careful = careful_starts; }

  /// Outcomes should be sent now: nothing is left to run, or they have waited long enough, or what
  /// is about to run (`next_is_long`) would keep them.
  bool flush_due(Instant now) const;
  /// True when outcomes wait to be sent.
  bool has_output() const { return link_.task().has_output(); }

  /// True while bodies arrive or leave: then the task socket has to be looked at even while the
  /// executing thread can't.
  bool streaming() const { return !arriving_.empty() || link_.task().streaming(); }

  /// Tasks and items that have not been started.
  std::size_t queued() const { return queued_; }
  bool executing() const { return executing_.has_value(); }
  /// The name of a job's entry, and what a job's session is called beyond this link.
  const std::string& entry(std::uint32_t code) const { return codes_[code].entry; }
  const wire::Uuid& session(std::uint32_t index) const { return sessions_[index].id; }
  /// For the shared page: the link, and the last message sent on its task socket.
  std::uint64_t link() const { return link_.task().link(); }
  std::uint64_t sent() const { return link_.task().sent(); }
  const wire::PeerLink& peer_link() const { return link_; }
  /// A bound value that the process's node hands over. It may come before the controller's word of
  /// it, and after the controller's word that nobody needs it any more.
  void take_from_node(HandedValue value);
  /// Bound values that tasks name.
  const detail::BoundStore& values() const { return values_; }

  /// Hands out the frames that wait: control ones to `send_control`, task ones to `send_task`.
  template <class SendControl, class SendTask>
  void take(SendControl&& send_control, SendTask&& send_task, Instant now) {
    interrupt_run(now);
    if (link_.task().has_output()) last_flush_ = now;
    link_.take(0, send_control, send_task);
  }

 private:
  struct KnownSession {
    wire::Uuid id;
    bool declared = false;              // on the current link, in our direction
    std::uint64_t begun_forgotten = 0;  // of those below, begun_ doesn't name all
  };
  struct Begun {
    std::uint32_t session;
    std::uint64_t counter;
  };
  struct KnownCode {
    wire::Digest image;
    std::string entry;
    std::int64_t run_ns = -1;   // smoothed; negative before the first outcome
    std::uint32_t careful = 0;  // so many items are still to be executed one by one
  };
  struct Executing {
    std::uint32_t session;
    std::uint64_t counter;
    std::uint64_t attempt;
    std::uint8_t starts;
    std::uint32_t code;
    Instant since;
    bool reported = false;
  };
  struct CancelOrder {
    std::uint32_t session;
    std::uint64_t counter;
    std::uint64_t attempt;
    std::uint64_t sequence;
    wire::CancelDemand demand;
  };

  void opened();
  void apply(const wire::Record& record, Instant now);
  void apply_dispatch(const wire::Record& record);
  void apply_chunk(const wire::Record& record, const wire::SharedBytes& bytes);
  void apply_bind(const wire::Record& record);
  void expect_from_node(const wire::Record& record);
  void find_arguments(Job& job);
  void value_is_here(std::string name, wire::SharedBytes body, const char* fault);
  void queue_in_order(Assignment assignment);
  std::vector<std::string> lacking(const wire::TaskOptions& options) const;
  void list_values();
  void apply_options(Assignment& assignment, const wire::TaskOptions& options);
  static bool is_prepared(const Assignment& assignment) {
    return assignment.initializer == nullptr || assignment.initializer->done;
  }
  void say_retired_if_due();
  template <class Matches>
  bool give_back_arriving(Matches matches, bool recalled);
  void say_returned(std::uint32_t session, std::uint64_t attempt, std::uint64_t first,
                    std::uint32_t count, bool recalled);
  std::optional<Job> start_run(Instant now);
  void interrupt_run(Instant now);
  void take_values(ItemRun::Look look, Instant until);
  void learn(std::uint32_t code, std::int64_t run_ns, std::uint32_t count);
  wire::EncodedTimes times_of(Instant since, std::int64_t run_ns) const;
  void say_publication(std::uint8_t what, const Author& author, std::uint64_t number,
                       wire::Bytes body);
  void say_news(wire::Kind kind, std::uint8_t flags, const Author& author, wire::Bytes options,
                wire::Bytes body);
  void finish_over_limit(Instant now);
  wire::Header outcome_header(wire::OutcomeKind kind);
  wire::EncodedTimes end_execution(Instant now);
  void apply_cancel(const wire::Record& record, Instant now);
  void apply_pace(const wire::Record& record);
  void carry_out(const CancelOrder& order, Instant now);
  void apply_recall(const wire::Record& record);
  void carry_out(const wire::RecallOrder& order);
  bool give_back(Assignment& assignment, const CancelOrder& order);
  void say_returned(const Assignment& assignment, std::uint64_t first, std::uint32_t count,
                    bool recalled);
  void carry_out_remembered(Instant now);
  void say_inventory();
  void remember_begun(std::uint32_t session, std::uint64_t counter);
  void answer(const CancelOrder& order, wire::CancelAnswer answer);
  /// An index of this link as it is in our own table, or unknown.
  static std::uint32_t looked_up(const std::vector<std::uint32_t>& table, std::uint32_t index) {
    return index < table.size() ? table[index] : unknown;
  }
  std::uint32_t session_index(const wire::Uuid& id);
  std::uint32_t code_index(const wire::Code& code);
  void declare_session(std::uint32_t index);
  std::int64_t next_run_ns() const;
  bool keeps_too_much() const {
    return link_.task().kept_beside_largest() >= wire::kept_outcomes_max;
  }

  static constexpr std::uint32_t unknown = UINT32_MAX;
  /// Who has printed will often print again.
  static constexpr std::uint32_t careful_starts = 4096;

  wire::PeerLink link_;
  std::vector<KnownSession> sessions_;
  std::vector<KnownCode> codes_;
  std::vector<std::uint32_t> session_of_link_;  // controller's index on this link -> ours
  std::vector<std::uint32_t> code_of_link_;
  std::unordered_map<wire::Uuid, std::uint32_t> session_by_id_;
  std::unordered_map<std::string, std::uint32_t> code_by_name_;  // image bytes and entry
  std::deque<Begun> begun_;  // what was addressed to this process and started, oldest first
  Assignment current_;       // what was started last, and the items that follow it
  std::deque<Assignment> queue_;
  std::size_t queued_ = 0;
  Parked parked_;
  // Of values that its node hands over: names of those that the controller has announced, the
  // number of the last such word, and those that came before theirs.
  std::set<std::string, std::less<>> from_node_;
  std::uint64_t announced_ = 0;
  std::vector<HandedValue> early_;
  detail::BoundStore values_;
  std::deque<Initializer> initializers_;  // keep their places
  std::uint64_t started_ = 0;             // tasks and items, by this process
  bool retires_ = false;
  wire::IncomingStreams<wire::AssembledBody> arriving_;  // arguments that aren't whole yet
  bool malformed_ = false;  // what arrives can't be true: the link is over
  std::optional<Executing> executing_;
  detail::BoundStore::Body shared_arguments_;  // of what is executing, if it shares
  ItemRun run_;                                // of current_
  detail::Publication publication_;            // of what is executing
  const std::int64_t quick_item_ns_;
  std::vector<CancelOrder> remembered_;  // name dispatches that haven't arrived yet
  std::vector<wire::RecallOrder> remembered_recalls_;
  bool stop_wish_ = false;
  RunLimit run_limit_;  // of what is executing
  Instant last_flush_{};
  Instant first_opened_{};
  Instant::duration outcomes_wait_;
};

}  // namespace muster::engine
