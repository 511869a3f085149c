#pragma once
// The controller without sockets, clock or threads: frames and instants in, frames out. The loop
// around it is controller/server.cpp; the simulation runs the same class. core.cpp says which file
// has what.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "controller/address.hpp"
#include "controller/core_config.hpp"
#include "controller/counts.hpp"
#include "controller/deadlines.hpp"
#include "controller/fleet.hpp"
#include "controller/history.hpp"
#include "controller/history_news.hpp"
#include "controller/image_store.hpp"
#include "controller/look.hpp"
#include "controller/outcome_account.hpp"
#include "controller/peer.hpp"
#include "controller/permit.hpp"
#include "controller/recovery.hpp"
#include "controller/scheduler.hpp"
#include "controller/session_table.hpp"
#include "controller/timeline.hpp"
#include "controller/unclaimed.hpp"
#include "protocol/identity.hpp"
#include "protocol/message.hpp"
#include "protocol/question.hpp"

namespace muster::controller {

struct Kept;
using wire::Instant;

class Core {
 public:
  using Config = CoreConfig;

  Core(Config config, Instant now);
  ~Core();

  /// A message that a peer sent to one of the sockets; `chunk` is the part of a body that came with
  /// it, and `permit` what its connection has proved. That is asked when a conversation begins.
  void receive(Port port, RouteId route, wire::Bytes frame, Instant now,
               const wire::SharedBytes& chunk = {}, Permit permit = Permit::any());
  /// A frame could not be sent: that connection has ended.
  void unreachable(Port port, RouteId route, Instant now);
  /// Call it at `deadline()` at the latest.
  void tick(Instant now);
  Instant deadline() const {
    return std::min({deadline_, scheduler_.recall_at(), deadlines_.next(), recovery_.end()});
  }

  /// Ends a pass: places, dispatches, and packs what every peer gets. Call it when the sockets are
  /// dry; then send `take_output()`.
  void finish_pass(Instant now);
  std::vector<OutFrame> take_output() { return std::exchange(output_, {}); }
  /// What a successor should know of the fleet, each time that it has changed.
  std::optional<KnownFleet> take_known_fleet() { return std::exchange(fleet_news_, {}); }
  struct Sharing;  ///< core_commons.hpp
  Sharing& sharing() { return *sharing_; }
  /// Lines for the log.
  std::vector<std::string> take_log() { return std::exchange(log_, {}); }
  /// Lines for the person who started the cluster.
  std::vector<std::string> take_news() { return std::exchange(news_, {}); }

  /// True once when a client has wished that the cluster end, and was told that it will.
  bool take_end_wish() { return std::exchange(end_wished_, false); }

  /// For status: where it listens for other hosts.
  void set_network(std::string endpoint) { network_ = std::move(endpoint); }
  /// How many connections were refused for their keys since the start.
  void note_refused_keys(std::uint64_t total, Instant now);

  /// What the loop is to do with files. Their answers are events like frames: a pass ends after
  /// them.
  std::vector<FileOrder> take_file_orders() { return std::exchange(file_orders_, {}); }
  void file_found(const wire::Digest& file);
  /// It isn't here, or isn't what it seemed: these parts couldn't be read.
  void file_missing(const wire::Digest& file, const std::vector<ReadPart>& unread = {});
  /// Fewer bytes than requested: it can't be read.
  void part_read(const ReadPart& request, wire::Bytes bytes);
  void file_checked(const wire::Digest& file, const wire::Digest& found);
  void file_failed(const wire::Digest& file, const std::string& reason);

  // Of a cluster that keeps its history in a file (CoreConfig::history_file). The answers are
  // events like frames.
  bool has_history_news() const { return history_.end() != history_taken_; }
  HistoryNews take_history_news();
  std::vector<HistoryAsk> take_history_asks() { return std::exchange(history_asks_, {}); }
  void history_told(HistoryAnswer answer);

  /// Tells every peer to end. True when others hear it than this process and nodes' engines.
  bool say_goodbye(std::string_view reason, std::int64_t own_pid);

  /// How many engines `status` calls ready. Looks at all of them.
  std::uint32_t engines_ready() const;
  /// JSON for `muster status --json`.
  std::string status(Instant now) const;
  /// JSON for `muster report`.
  std::string timeline(Instant now) const;

  const Counts& counts() const { return counts_; }
  const Scheduler& scheduler() const { return scheduler_; }
  const SessionTable& sessions() const { return sessions_; }
  const Fleet& fleet() const { return fleet_; }
  const OutcomeAccount& outcomes() const { return outcomes_; }
  const Recovery& recovery() const { return recovery_; }
  const Unclaimed& unclaimed() const { return unclaimed_; }

 private:
  // core.cpp
  void greet(RouteId route, const wire::Message& message, Permit permit, Instant now);
  void refuse(RouteId route, const wire::Hello& hello, Permit permit, Instant now);
  void note_refusal(std::string line, Instant now);
  Peer& open_link(RouteId route, wire::Hello hello, wire::Role role, Instant now);
  void welcome(Peer& peer, wire::Welcome welcome, Instant now);
  void answer_outside(RouteId route, wire::Kind kind, std::uint64_t link, std::string_view text);
  void end_link(Peer& peer, std::string_view reason, bool tell, Instant now);
  void bury_ended_links();
  void apply(Peer& peer, const wire::Record& record, Instant now);
  void beat(Peer& peer, const wire::Record& record, Instant now);
  void touch(Peer& peer);
  void flush(Peer& peer);
  Peer* peer_at(RouteId control_route);
  void note(std::string line) { log_.push_back(std::move(line)); }

  // core_liveness.cpp, beside tick
  void forgive_own_lag(Instant now);
  void watch(Peer& peer, Instant now);

  // core_clients.cpp
  void greet_client(RouteId route, wire::Hello hello, Instant now);
  void list_open_tasks(ClientSession& session);
  void grant_credit(ClientSession& session);
  std::size_t waiting(const ClientSession& session, SessionRef ref) const;
  wire::Resources missing_resources(SessionRef session, const wire::Resources* of = nullptr) const;
  std::string wait_reason(const ClientSession& session, SessionRef ref) const;
  std::size_t parked(const ClientSession& session) const;
  void drop_silent_sessions(Instant now);
  void drop_session(SessionRef session, std::string_view reason);
  bool any_session_of(ImageRef image) const;

  // core_tasks.cpp
  bool apply_client(Peer& peer, const wire::Record& record, Instant now);
  bool apply_submit(Peer& peer, const wire::Record& record, Instant now);
  static std::unique_ptr<TaskHistory> read_options(wire::Bytes bytes);
  bool accept(Peer& peer, const wire::Record& record, std::uint64_t counter, std::uint32_t count,
              const Payload& payload, const std::vector<wire::Awaited>& awaited, Instant now);
  void declare_process(ClientSession& session, ProcessRef process, bool again);
  void declare_once(ClientSession& session, ProcessRef process);
  void apply_outcome(Peer& peer, const wire::Record& record, Instant now,
                     wire::LargeBodyPtr large = nullptr);
  bool try_elsewhere(ClientSession& session, std::uint64_t counter, EngineRef engine);
  void take_outcome(ClientSession& session, ProcessRef process, const wire::Record& record,
                    Instant now, wire::LargeBodyPtr large);
  void note_completed(ClientSession& session, ProcessRef process, std::uint32_t count);
  void apply_running(Peer& peer, const wire::Record& record);
  bool target_exists(const Task& task) const;
  void dispatch_all(Instant now);
  void append_dispatch(wire::Lane& lane, Task& task);
  void measure_pass(Instant now);
  SessionRef session_named(Peer& peer, std::uint32_t index);
  static wire::Uuid session_id(const Peer& peer, std::uint32_t index);

  // core_settling.cpp
  void settle_first(TaskRef task, const wire::Header& how, wire::Bytes options, wire::Bytes body,
                    const wire::LargeBodyPtr& large = nullptr);
  void settle_without_value(TaskRef task, wire::OutcomeKind kind, const std::string& text);
  void settle_by_controller(TaskRef task, wire::OutcomeKind kind, wire::Bytes body);
  void settle_cancelled(TaskRef task);
  void settle_ended(TaskRef task);

  // core_history.cpp
  void remember(const Task& task, const wire::Header& how, wire::Bytes options);
  void remember_submitter(SessionRef session);

  // core_history_file.cpp
  void note_failure(wire::Bytes body, const wire::LargeBodyPtr& large);
  void name_for(HistoryNews::Row& row, HistoryNews& news);
  void ask_history(Peer& peer, const wire::Record& record, const wire::HistoryQuestion& question,
                   Instant now);
  AwaitedHistory& await_history(const Peer& peer, const wire::Record& record, HistoryAsk& ask,
                                std::vector<wire::HistoryItem> open);

  // core_keeping.cpp
  struct Keeping;
  void keep_session(Peer& peer, const wire::Record& question);
  void keep_ended(const ClientSession& session, const Task& task, const wire::Header& how,
                  wire::Bytes options, wire::Bytes body, const wire::LargeBodyPtr& large);
  void detach_session(SessionRef session, std::string_view reason);
  void come_back(ClientSession& session, std::uint64_t watermark);
  void forget_kept(SessionRef session);
  void tell_attached(Peer& peer, const wire::Record& question);

  // core_stand_ins.cpp
  bool apply_stand_in(Peer& peer, const wire::Record& record);
  void stand_in(SessionRef session, const wire::Header& said, wire::StandIn wanted);
  void submit_again(SessionRef session, const wire::Header& said, const Kept& kept,
                    wire::Bytes arguments);
  std::string why_not(const wire::StandIn& wanted) const;
  void apply_look(Peer& peer, const wire::Record& question);
  void tell_of(Peer& peer, const wire::Record& question, const wire::StandIn& wanted);
  void settle_stand_ins(const Task& task, const wire::Header& how, wire::Bytes options,
                        wire::Bytes body, const wire::LargeBodyPtr& large);
  SessionRef session_of(std::uint32_t first_bits) const;
  void cancel_named(Peer& peer, const wire::Record& question);
  std::uint8_t wish_of(SessionRef session, std::uint64_t counter);
  void wish_original(SessionRef session, std::uint64_t counter);
  void purge(Peer& peer, const wire::Record& question);

  // core_questions.cpp
  bool apply_observer(Peer& peer, const wire::Record& record, Instant now);
  void answer_in_parts(Peer& peer, wire::Kind kind, std::string_view text,
                       std::uint64_t number = 0);
  void apply_question(Peer& peer, const wire::Record& record, Instant now);
  void apply_request(Peer& peer, const wire::Record& record, Instant now);
  void tell(Peer& peer, const wire::Record& question, const detail::Buffer& answer);
  void refuse_question(Peer& peer, const wire::Record& question, std::string_view reason);
  void tell_history(Peer& peer, const wire::Record& record, Instant now);
  wire::QueuePage queues() const;

  // core_engine_requests.cpp
  std::optional<std::vector<ProcessRef>> processes_meant(Peer& peer, const wire::Record& question,
                                                         const std::vector<std::uint32_t>& engines);
  void signal_engines(Peer& peer, const wire::Record& question);
  void restart_engines(Peer& peer, const wire::Record& question);
  void shut_down(Peer& peer, const wire::Record& question);
  void stop_engine(EngineRef engine);
  void see_whether_emptied(NodeRef node);

  // core_stacks.cpp
  void look_at_engine(Peer& peer, const wire::Record& question, Instant now);
  bool apply_stacks(const wire::Record& record);
  void give_up_looks(Instant now);

  // core_orders.cpp, core_lending.hpp
  struct Lending;
  void apply_wish(SessionRef session, std::uint64_t counter);
  void apply_answer(Peer& peer, const wire::Record& record);
  void order_cancel(Peer& engine, const wire::Uuid& session, std::uint64_t counter,
                    std::uint64_t attempt, std::uint64_t sequence, std::uint32_t count = 1,
                    wire::CancelDemand demand = wire::CancelDemand::stop);
  static std::uint64_t carried_by(const Peer& engine, const Task& task);
  void order_stop(const Task& task, wire::CancelDemand demand = wire::CancelDemand::stop);
  void recall_for_idle(Instant now);
  void order_recall(const Scheduler::Recall& recall);
  void apply_recalled(Peer& peer, Instant now);

  // core_dependencies.cpp
  bool apply_awaits(Peer& client, const wire::Record& record);
  static std::vector<wire::Awaited> take_awaited(Peer& client);
  void ask_again(ClientSession& session, std::uint64_t counter, std::uint32_t count);
  void tell_who_waits(const Task& task, const wire::Header& how, EngineRef engine, wire::Bytes body,
                      const wire::LargeBodyPtr& large);
  void open(ClientSession& session, TaskRef task, const Gates::Judged& judged);
  static std::string restrict_to(TaskHistory& history, const std::vector<EngineRef>& where);
  bool fill_arguments(TaskRef task);
  void advance(SessionRef session, std::uint64_t watermark);
  void open_gates();
  void carry_out(ClientSession& session, const Gates::Decision& decision);
  void forget_submission(ClientSession& session, TaskRef task);

  // core_outcomes.cpp
  void outcomes_changed(SessionRef session);
  void hold_back_the_late();
  void ask_back(SessionRef session);

  // core_output.cpp
  void pass_on_news(Peer& engine, const wire::Record& record);

  // core_rows.cpp
  void take_outcomes(ClientSession& session, ProcessRef process, const wire::Record& record,
                     Instant now);
  void cut(ClientSession& session, std::uint64_t counter);
  TaskRef isolate(ClientSession& session, std::uint64_t counter);
  void move_or_cancel(TaskRef task);
  void apply_returned(Peer& peer, const wire::Record& record);
  std::size_t take_back(ClientSession& session, std::uint64_t first, std::uint64_t end,
                        EngineRef engine, std::uint64_t attempt);

  // core_streams.cpp
  bool apply_chunk(Peer& peer, const wire::Record& record, const wire::SharedBytes& bytes,
                   Instant now);
  void arguments_are_whole(Peer& client, std::uint64_t counter, wire::LargeBodyPtr body);
  void forget_arriving(Peer& client);
  bool drop_arriving_outcome(const Task& task);

  // core_values.cpp
  bool apply_bind(Peer& client, const wire::Record& record);
  void value_is_whole(SessionRef session, const std::string& name, wire::LargeBodyPtr body);
  static bool lacks_values(const ClientSession& session, const TaskHistory& task);
  static void wait_for_values(ClientSession& session, Task& task);
  std::size_t behind_values(const ClientSession& session) const;
  void apply_unbind(Peer& client, const wire::Record& record);
  void send_values(Process& process, const Task& task);
  std::unordered_set<std::string_view> named_by_tasks_of(EngineRef engine) const;
  void forget_values(Process& process, const std::vector<std::string>& names);
  void forget_needless_values();
  static void list_values(ClientSession& session);

  // core_host_values.cpp
  bool give_by_node(Process& process, std::string_view name, const wire::LargeBodyPtr& body);
  bool apply_value_given(Node& node, const wire::Record& record);
  void give_on_own_link(const HostValues::Gift& gift);
  void send_after_all(Process& process, const std::string& name);
  void take_back_gifts(Node& node);
  void drop_values(Node& node, std::vector<std::string> names);
  bool send_value_part(Peer& node, const ReadPart& request);

  // core_limits.cpp
  void watch_limits(TaskRef task, Instant submitted);
  void pass_limits(Instant now);
  void pass_limit(const Deadlines::Entry& entry, TaskRef task, Instant now);
  void look_again_at(Deadlines::Entry entry, Instant now);
  void forget_settled_deadlines();
  TaskRef task_of(const Deadlines::Entry& entry) const;
  bool settle_if_late(TaskRef task);
  bool drop_late_outcome(TaskRef task, const wire::Record& record, bool current);
  void settle_timed_out(TaskRef task, Limit limit);
  void settle_overdue_task(TaskRef task, bool initializing);

  // core_engines.cpp
  void greet_engine(RouteId route, wire::Hello hello, Instant now);
  bool apply_engine(Peer& peer, const wire::Record& record, Instant now);
  void apply_inventory(Peer& peer, const wire::Record& record, Instant now);
  void read_holdings(Peer& peer, const wire::Inventory& inventory);
  static void add_arriving(Peer& peer);
  void move_what_is_missing(Peer& peer, EngineRef engine);
  void claim_or_refuse(Peer& peer, Instant now);
  void refuse_if_stale(Peer& peer, const wire::Uuid& session, const HeldRun& run);
  void apply_process_ended(Peer& node, const wire::Record& record, Instant now);
  void end_is_known(ProcessRef ref, wire::ProcessEnded end, Instant now);
  void give_up(ProcessRef ref, Instant now);
  void declare_dead(ProcessRef ref, std::string reason, Instant now);
  void conclude_if_heard(ProcessRef ref, Instant now);
  void conclude(ProcessRef ref, Instant now);
  void settle_addressed(EngineRef engine, ImageRef image);
  void apply_retired(const Peer& peer);
  void end_retired();
  TaskRef named_task(const Process& process, const wire::ProcessEnded& end);
  void charge_death(TaskRef task, EngineRef engine, const wire::ProcessEnded& end);
  void start_failed(const Process& process, const wire::ProcessEnded& end, Instant now);
  void make_active(EngineRef engine, ProcessRef process, Instant now);
  void set_suspect(EngineRef engine, bool suspect);
  void resume(EngineRef engine);

  // core_drain.cpp
  bool apply_drain(Peer& node, const wire::Record& record, Instant now);
  bool is_draining(EngineRef engine) const;
  void take_back_unstarted(EngineRef engine);
  void see_to_drains();
  void tell_who_is_drained();
  bool is_drained(const Node& node) const;

  // core_recovery.cpp
  void begin_recovery(Instant now);
  void end_recovery_if_due(Instant now);
  void remember_fleet();
  std::vector<EngineRef> roster() const;
  void say_roster();
  NodeRef meet_node(const wire::Hello& hello);
  NodeRef node_of_rank(const wire::Hello& hello);
  bool may_have_engines(const std::vector<EngineRef>& engines) const;
  void add_engines(EngineRef count);
  void give_engines(NodeRef node, const std::vector<EngineRef>& engines);
  void apply_filled(Peer& peer, const wire::Record& record, Instant now);
  bool may_be_told_of(EngineRef engine) const;
  bool awaits_process_of(EngineRef engine) const;
  bool awaits_client(const wire::Uuid& session) const;
  void keep_outcome(const wire::Uuid& session, ProcessRef process, const wire::Record& record,
                    wire::LargeBodyPtr large);
  void note_end(const wire::ProcessEnded& end);
  void apply_end(ClientSession& session, const wire::ProcessEnded& end);
  void client_said_all(SessionRef session, Instant now);
  void claim(ClientSession& session, const HeldRun& run, Instant now);
  void unpark(ClientSession& session);
  std::string why_not_again(const Task& task) const;
  void drop_unclaimed(const wire::Uuid& session);

  // core_images.cpp
  void note_libraries(ImageRef image, const wire::Hello& hello);
  std::string library_trouble(ImageRef image, const wire::Hello& engine) const;
  void note_parts(ImageRef image, const std::vector<wire::ImagePart>& parts, std::int64_t pid);
  bool apply_module(Peer& peer, const wire::Record& record);
  void release_parts(ImageRef image);
  void release_part(ImageRef image, const wire::ImagePart& part);
  bool apply_fetch(Peer& node, const wire::Record& record);
  void say_refused(Peer& node, const wire::Digest& file, std::string_view reason);
  void refuse(StoredFile& file, std::string_view reason);
  void begin_arrival(const wire::Digest& digest, StoredFile& file);
  void fetch_from_client(StoredFile& file);
  void ask_source(StoredFile& file);
  void forget_source(SessionRef session);
  bool apply_part(Peer& client, const wire::Record& record);

  // core_nodes.cpp
  void greet_node(RouteId route, wire::Hello hello, Instant now);
  bool apply_node(Peer& peer, const wire::Record& record, Instant now);
  void offer(Node& node, ImageRef image);
  void repeat_orders(Node& node);
  void order_fill(Node& node, const Process& process);
  void note_image_failure(ImageRef image, const std::string& reason);
  std::string nowhere_reason(ImageRef image) const;
  void fill(EngineRef engine, ImageRef image, Instant now);
  void fill_empty_engines(Instant now);
  void evict_warm(EngineRef engine);
  void node_lost(NodeRef node, Instant now);
  void order_end(const Process& process, std::string reason = {});
  void order(Node& node, wire::Kind kind, wire::Bytes body);

  // core_placement.cpp
  void fail_tasks_without_a_place();
  void place(Instant now);
  struct NoPlace {
    wire::OutcomeKind kind;
    std::string text;
  };
  std::optional<NoPlace> no_place(EngineRef engine, ImageRef image, Instant now) const;
  void place_addressed(Instant now);
  void place_restricted(Instant now);
  bool place_one_of(const Scheduler::Places& places, Instant now);
  bool is_wanted(EngineRef engine, ImageRef image) const;
  bool can_fill(EngineRef engine, ImageRef image, Instant now) const;
  void place_stuck(Instant now);
  std::uint32_t connected_engines() const;
  bool is_needless(EngineRef engine) const;
  bool place_one(ImageRef image, std::size_t share, Instant now);
  void switch_engine(EngineRef engine, ImageRef image, Instant now);
  void finish_switch(EngineRef engine, Instant now);
  void give_up_switch(EngineRef engine);

  Config config_;
  Instant started_;
  Scheduler scheduler_;
  Fleet fleet_;
  SessionTable sessions_;
  ImageStore files_;
  std::vector<FileOrder> file_orders_;
  OutcomeAccount outcomes_;
  std::vector<SessionRef> outcomes_changed_;  // since the last pass
  std::vector<SessionRef> gates_due_;         // have decisions to be carried out
  Deadlines deadlines_;                       // of tasks with limits
  std::vector<ProcessName> process_names_;    // by ProcessRef
  Timeline timeline_;
  History history_;
  std::uint64_t history_taken_ = 0;  // what comes from there on the file doesn't know
  std::vector<std::pair<std::uint64_t, detail::Buffer>> failures_;  // of those, by number
  std::unordered_set<std::uint64_t> history_named_;                 // names that it knows
  std::vector<HistoryAsk> history_asks_;
  std::unique_ptr<Keeping> keeping_;
  std::unique_ptr<Sharing> sharing_;
  Recovery recovery_;
  Unclaimed unclaimed_;
  Instant clients_due_{};         ///< sessions of a predecessor that come later have nothing here
  bool clients_awaited_ = false;  ///< until then
  std::unordered_set<wire::Uuid> clients_gone_;  ///< came back and were dropped, until then
  NodeRef nobody_ = none;  ///< has the engines of nodes that this controller hasn't met
  std::vector<EarlyEngine> early_;
  KnownFleet fleet_said_;
  std::optional<KnownFleet> fleet_news_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Peer>> links_;
  std::unordered_map<RouteId, std::uint64_t> link_at_control_;
  std::unordered_map<RouteId, std::uint64_t> link_at_client_;
  std::unordered_map<RouteId, std::uint64_t> link_at_engine_;
  std::vector<std::unique_ptr<Peer>> ended_links_;  // freed between frames
  std::vector<std::uint64_t> touched_;              // links that may have output
  std::vector<ProcessRef> ending_;                  // ended, last outcomes waited for
  std::vector<ProcessRef> retiring_;                // retired, to be ended when nothing streams
  std::vector<OutFrame> output_;
  std::vector<std::string> log_;
  std::vector<std::string> news_;
  std::vector<Look> looks_;  // that nodes haven't answered
  std::uint64_t last_look_ = 0;
  std::vector<NodeRef> draining_;  ///< nodes that will leave and haven't yet
  Counts counts_;
  Instant deadline_;
  Instant last_tick_;
  Instant latest_{};               ///< what `now` was when something was told last
  Instant pass_began_{};           ///< when the first frame of this pass was taken
  Instant::duration pass_time_{};  ///< smoothed
  bool end_wished_ = false;
  bool place_due_ = true;
  bool values_due_ = false;  // some bound values may be needed no longer
  bool roster_due_ = false;  // clients that asked know others than there are
  std::string network_;
  Instant refusal_noted_{};  ///< when the log was last told of one
};

}  // namespace muster::controller
