#pragma once
// A client's side of its conversation with the controller: the tasks it has submitted and not yet
// got back, their encoded submissions (rule 22), and what is said again on a new link. Without
// sockets, clock or threads; client/connection.cpp has those.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <muster/detail/buffer.hpp>
#include <muster/detail/module_pointer.hpp>

#include "client/borrowing.hpp"
#include "client/image_source.hpp"
#include "client/kept_values.hpp"
#include "client/open_row.hpp"
#include "client/pending.hpp"
#include "client/prerequisites.hpp"
#include "client/questions.hpp"
#include "client/work_log.hpp"
#include "protocol/assembled_body.hpp"
#include "protocol/identity.hpp"
#include "protocol/incoming_streams.hpp"
#include "protocol/limits.hpp"
#include "protocol/peer_link.hpp"
#include "protocol/record.hpp"

namespace muster::client {

using detail::Pending;
using wire::Instant;

class Session {
 public:
  struct Config {
    wire::Uuid cluster;
    wire::Uuid session;
    wire::Digest image;
    std::int64_t pid = 0;
    std::string host;
    std::string program;                        ///< path of the program's file
    std::vector<wire::ImagePart> parts{};       ///< the files of its image, the program first
    std::vector<wire::LoadedObject> objects{};  ///< and the libraries that it has loaded
    ReadFile read_file{};
    /// The engine that its own process is: what has run tasks that were run here.
    std::shared_ptr<const wire::Process> own_engine{};
    /// Submissions that are kept until their outcomes are here (rule 22).
    std::size_t open_bytes_max = wire::session_bytes_max;
    std::size_t bound_values_max = wire::bound_values_max;
  };

  Session(const Config& config, Instant now);

  /// True while the controller grants another submission (rule 24).
  bool has_credit() const { return link_.links_opened() > 0 && next_counter_ < credit_; }
  /// The same, and what is open takes no more memory than a client may keep. One task may always
  /// be open.
  bool has_room(std::size_t tasks = 1) const {
    return credit_left() >= tasks && (open_bytes_ < open_bytes_max_ || open() == 0);
  }
  /// Bound values that a task with these prerequisites names wouldn't be too many.
  bool has_room_for(const PrerequisitesPtr& prerequisites) const {
    return !prerequisites || values_.has_room(prerequisites->values);
  }
  /// Takes a task and returns its counter. `code` is the entry's index in the program's task table,
  /// `entry` its name; `options` may be empty. Requires has_credit() and that the arguments aren't
  /// larger than wire::body_bytes_max. `prerequisites` may be null.
  std::uint64_t submit(std::uint32_t code, std::string_view entry, detail::Buffer options,
                       detail::Buffer arguments, std::shared_ptr<Pending> pending, Instant now,
                       PrerequisitesPtr prerequisites = nullptr);
  /// The same for `count` items of a map, which get consecutive counters; returns the first.
  /// `body` has their arguments: of several a row (protocol/item_row.hpp). `outcomes` hears of them
  /// as of the items from `index` on. Requires credit_left() >= count > 0.
  std::uint64_t submit_items(std::uint32_t code, std::string_view entry, detail::Buffer options,
                             detail::Buffer body, std::shared_ptr<detail::ItemOutcomes> outcomes,
                             std::size_t index, std::uint32_t count, Instant now,
                             PrerequisitesPtr prerequisites = nullptr);
  /// Code that isn't this program's own. Said to the controller with the first task that needs it.
  void add_module(detail::ModulePtr module);
  const std::vector<detail::ModulePtr>& modules() const { return modules_; }
  /// `code` is in the module with this digest. Requires that it was added.
  void name_module(std::uint32_t code, std::string_view image);
  /// A task that stands for another one. Requires has_credit().
  std::uint64_t stand_in(const wire::StandIn& wanted, std::shared_ptr<Pending> pending,
                         Instant now);
  /// The controller keeps the session when this client is no more; said again to each that knows
  /// nothing of it.
  void keep() { kept_ = true; }
  /// Everything that was submitted is with the controller.
  bool all_is_said() const {
    const wire::Lane& lane = link_.task();
    return saying_ && !lane.has_output() && !lane.awaits_acknowledgement() && !lane.streaming();
  }
  /// How many submissions the controller grants now.
  std::uint64_t credit_left() const { return has_credit() ? credit_ - next_counter_ : 0; }
  /// Wishes that the task be cancelled (rule 16). Nothing when it has settled.
  void cancel(std::uint64_t counter);
  /// The same for all items of a map.
  void cancel_items(const detail::ItemOutcomes& outcomes);
  /// The same for all that is open.
  void cancel_all();

  // Rule 33. A thread in a task that waits for this session's tasks runs those of them that nobody
  // has begun; `floor` is the first counter that is its own task's.

  /// Around such a wait. What is here when the last one ends goes back.
  void begin_borrowing();
  void end_borrowing();
  /// There are tasks that weren't asked for, and the last question is answered.
  bool may_ask_back(std::uint64_t floor);
  void ask_back(std::uint64_t floor);
  bool has_borrowed(std::uint64_t floor) const;
  /// What was run last took so little time that several are asked for at once.
  bool borrows_quick() const { return borrowing_.batch > 1; }
  struct OwnTask {
    Borrowed task;
    std::string entry;
    detail::Buffer arguments;
    wire::LargeBodyPtr large;  ///< the arguments, if it isn't null
    detail::BoundValues values;
    std::vector<std::string> shared;  ///< words for some of them
  };
  /// The next one to run.
  std::optional<OwnTask> take_borrowed(std::uint64_t floor);
  /// How it has ended: said to the controller, from which the outcome comes back as any other.
  void finish_borrowed(const Borrowed& task, wire::OutcomeKind kind, detail::Buffer body,
                       Instant began, Instant now);
  /// What is submitted from now on has at least this counter.
  std::uint64_t next_counter() const { return next_counter_; }

  void receive_control(wire::Bytes frame, Instant now);
  /// `chunk` is the part of a body that came with it.
  void receive_task(wire::Bytes frame, const wire::SharedBytes& chunk, Instant now);
  void tick(Instant now);
  Instant deadline() const { return link_.deadline(); }
  /// A connection was replaced: open a new link.
  void restart(Instant now);

  /// True when the controller said GOODBYE.
  bool over() const { return link_.state() == wire::PeerLink::State::ended; }
  /// Takes leave of the controller, which forgets this session's tasks. The last thing to say.
  void leave();
  /// Ends every open task with this reason.
  void lose_all(const std::string& reason, Instant now);

  /// From now on what outcomes say of engines and times is written down, but for these functions.
  void keep_work_log(std::vector<std::string> unlogged) {
    if (!work_log_) work_log_ = std::make_unique<WorkLog>(std::move(unlogged));
  }
  /// Null when nobody has asked for it.
  const WorkLog* work_log() const { return work_log_.get(); }

  std::size_t open() const { return open_count_; }
  /// Without those that only get the result of another session's task: giving them up loses
  /// nothing.
  std::size_t open_of_own() const { return open_count_ - open_of_others_; }
  /// Somebody outside the session holds a task that is open. Takes time with the number of them.
  bool has_awaited() const {
    return std::any_of(tasks_.begin(), tasks_.end(), [](const Open& task) {
      return task.pending != nullptr && task.pending.use_count() > 1;
    });
  }
  std::size_t open_bytes() const { return open_bytes_; }
  /// Counts what settled or was answered, so that the owner knows when to wake waiting threads.
  std::uint64_t news() const { return news_; }
  std::uint64_t duplicates_dropped() const { return duplicates_dropped_; }
  /// Why tasks wait, as the controller said last; empty when none does.
  const std::string& wait_reason() const { return wait_reason_; }
  std::uint64_t waiting() const { return waiting_; }
  /// Engines of the cluster, as the controller said last; 0 before it did.
  std::uint32_t engines() const { return engines_; }
  /// From now on the controller says which there are, whenever that changes.
  void ask_for_engine_ids();
  bool knows_engine_ids() const { return engine_ids_known_; }
  /// Ascending, as the controller said last.
  const std::vector<std::uint32_t>& engine_ids() const { return engine_ids_; }
  /// Those that have gone so far, in that order, without what a controller of before had.
  const std::vector<std::uint32_t>& engines_left() const { return engines_left_; }
  /// Asks the controller; the question has this number until its answer is taken.
  std::uint64_t ask(wire::Topic topic, detail::Buffer body);
  bool answered(std::uint64_t question) const { return questions_.answered(question); }
  Questions::Answer take_answer(std::uint64_t question) { return questions_.remove(question); }
  const wire::PeerLink& link() const { return link_; }
  const KeptValues& values() const { return values_; }

  template <class SendControl, class SendTask>
  void take(SendControl&& send_control, SendTask&& send_task) {
    link_.take(base_, send_control, send_task);
  }

 private:
  /// The code of tasks that stand for others: their options say for which.
  static constexpr std::uint32_t stands_in = UINT32_MAX;

  /// What was submitted by one record: a task, or items of a map.
  struct Open {
    Open(std::uint64_t first, std::shared_ptr<Pending>&& pending, std::unique_ptr<OpenRow>&& row,
         detail::Buffer&& options, detail::Buffer&& arguments, std::uint32_t code)
        : first(first),
          pending(std::move(pending)),
          row(std::move(row)),
          options(std::move(options)),
          arguments(std::move(arguments)),
          code(code) {}

    std::uint64_t first;               // its counter, or that of the first item
    std::shared_ptr<Pending> pending;  // of a task; null once it has settled
    std::unique_ptr<OpenRow> row;      // of items; null once the last has settled
    detail::Buffer options;
    detail::Buffer arguments;
    std::uint32_t code;
    bool cancel_wished = false;  // of a task, like the next one
    bool known = false;          // the controller listed it, or is sending its outcome
    bool large = false;          // its arguments are in large_

    bool settled() const { return pending == nullptr && row == nullptr; }
    std::uint64_t end() const { return first + (row ? row->count : 1); }
    std::uint32_t place(std::uint64_t counter) const {
      return static_cast<std::uint32_t>(counter - first);
    }
    bool is_open(std::uint64_t counter) const {
      return row ? !row->settled.has(place(counter)) : pending != nullptr;
    }
    bool is_to_be_said(std::uint64_t counter) const {
      return is_open(counter) && !(row ? row->known.has(place(counter)) : known);
    }
    bool is_wished_to_end(std::uint64_t counter) const {
      return is_open(counter) && (row ? row->cancel_wished.has(place(counter)) : cancel_wished);
    }
  };
  /// Arguments that don't fit into a record. Dropping it ends their stream.
  struct Large {
    wire::LargeBodyPtr arguments;
    wire::OutgoingStreamPtr stream;
  };

  /// What a submission waits for, and what depends on it.
  struct Waiting {
    PrerequisitesPtr prerequisites;
    wire::OutgoingStreamPtr stream;  // of arguments that are large with what was put in
  };

  /// Another task has its key, and it gets that one's outcome.
  struct Followed {
    wire::StandIn original;
    bool gone = false;  // this controller doesn't know of that one
  };

  void opened(Instant now);
  void apply(const wire::Record& record, Instant now);
  void apply_outcome(const wire::Record& record, Instant now);
  void added(std::uint32_t count, Instant now);
  void wait_for(std::uint64_t first, PrerequisitesPtr prerequisites);
  void forget_waiting(std::uint64_t first);
  void lose_items(Open& task, const std::string& reason, Instant now);
  void apply_values(const wire::Record& record, Instant now);
  void apply_chunk(const wire::Record& record, const wire::SharedBytes& bytes, Instant now);
  void announce_outcome(const wire::Record& record);
  void take_outcome(Open& task, const wire::Record& record, detail::Buffer body, Instant now);
  void take_item(Open& task, const wire::Record& record, detail::Buffer body, Instant now);
  void take_items(Open& task, const wire::Record& record, detail::Buffer body,
                  std::chrono::nanoseconds run, Instant now);
  void note_engine(detail::ItemOutcomes& outcomes, const wire::Record& record);
  detail::ItemTimes times_of(const OpenRow& row, const wire::Record& record,
                             std::chrono::nanoseconds run, Instant now) const;
  void add_open_items(const detail::ItemOutcomes& map, std::vector<std::uint64_t>& counters) const;
  void log_work(const Open& task, const wire::Record& record, Instant started,
                std::chrono::nanoseconds run);
  void no_link_any_more();
  void apply_inventory(const wire::Record& record, Instant now);
  void apply_process(const wire::Record& record);
  std::shared_ptr<const wire::Process> process_of(const wire::Record& outcome) const;
  void apply_lent(const wire::Record& record);
  void give_back(std::uint64_t counter, std::uint64_t attempt);
  bool may_run_here(const Open& task) const;
  void apply_output(const wire::Record& record);
  void apply_published(const wire::Record& record);
  void apply_again(const wire::Record& record, Instant now);
  void apply_follows(const wire::Record& record);
  void say_unknown(Instant now);
  void say_again(std::uint64_t first, std::uint64_t end, Instant now);
  void take_roster(std::vector<std::uint32_t> engines);
  bool has_holes(const Open& task) const;
  Waiting* say_prerequisites(std::uint64_t counter, const Open& task);
  void say(const Open& task, std::uint64_t counter, std::uint32_t count, Instant now);
  void name_entry(std::uint32_t code, std::string_view entry);
  void declare(std::uint32_t code);
  void declare_module(const std::string& image);
  void settle(Open& task);
  void forget_settled();
  Open* submission(std::uint64_t counter);
  Open* find(std::uint64_t counter);

  wire::PeerLink link_;
  wire::Digest image_;
  ReadFile read_file_;
  std::deque<Open> tasks_;  // by counters, without gaps; the front one is open
  std::uint64_t base_ = 1;  // the watermark (rule 10)
  std::uint64_t next_counter_ = 1;
  std::uint64_t said_below_ = 1;  // on some link; a controller may have passed those on
  std::size_t open_count_ = 0;
  std::size_t open_of_others_ = 0;
  std::size_t open_bytes_ = 0;  // options and arguments of open tasks
  const std::size_t open_bytes_max_;
  std::unordered_map<std::uint64_t, Large> large_;          // by counter
  std::unordered_map<std::uint64_t, Waiting> waiting_for_;  // by a submission's first counter
  std::unordered_map<std::uint64_t, Followed> followed_;    // by counter
  KeptValues values_;
  wire::IncomingStreams<wire::AssembledBody> arriving_;
  bool malformed_ = false;  // what arrives can't be true: the link is over
  std::uint64_t credit_ = 0;
  bool saying_ = false;               // submissions may be sent: the link is open and compared
  std::vector<std::string> entries_;  // by code, of this program
  std::vector<bool> declared_;        // by code, on this link
  std::vector<detail::ModulePtr> modules_;
  std::unordered_map<std::uint32_t, std::string> images_;  // by code, of those in modules
  std::set<std::string> images_declared_;                  // on this link
  std::unordered_map<std::uint32_t, std::shared_ptr<const wire::Process>> processes_;
  std::shared_ptr<const wire::Process> own_engine_;
  Borrowing borrowing_;
  std::unique_ptr<WorkLog> work_log_;  // null unless somebody wants it
  std::string wait_reason_;
  std::uint64_t waiting_ = 0;
  std::uint32_t engines_ = 0;
  bool kept_ = false;
  bool engine_ids_wanted_ = false;
  bool engine_ids_known_ = false;
  bool engine_ids_of_link_ = false;  // they were said on this link
  std::vector<std::uint32_t> engines_left_;
  std::vector<std::uint32_t> engine_ids_;
  Questions questions_;
  std::uint64_t news_ = 0;
  std::uint64_t duplicates_dropped_ = 0;
};

}  // namespace muster::client
