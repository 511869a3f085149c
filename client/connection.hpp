#pragma once
// One client of one cluster: its sockets and the threads that use them, around client/session.hpp.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <zmq.hpp>

#include <muster/detail/buffer.hpp>
#include <muster/detail/callback.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/module_pointer.hpp>
#include <muster/detail/pending.hpp>

#include "client/burst.hpp"
#include "client/callbacks.hpp"
#include "client/leases.hpp"
#include "client/notices.hpp"
#include "client/open_pushes.hpp"
#include "client/pending.hpp"
#include "client/prerequisites.hpp"
#include "client/session.hpp"
#include "client/waiter.hpp"
#include "protocol/bell.hpp"
#include "protocol/commons.hpp"
#include "protocol/connection_file.hpp"
#include "protocol/descriptor.hpp"
#include "protocol/own_engine.hpp"
#include "protocol/polled_socket.hpp"
#include "protocol/way.hpp"

namespace muster::detail {

class ItemBatch;

/// All members may be called from any thread. Session and sockets are touched under one mutex, held
/// for microseconds. A thread that waits, for an outcome or for room, takes the driver's seat if it
/// is free: it sleeps on the task socket's descriptor itself, applies what arrives, and calls the
/// other waiting threads whose waits are over, so that a lone round trip has no hand-over between
/// threads. A thread of the connection's own keeps the control socket, and the task socket while
/// nobody waits.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// Connects and begins to serve; doesn't wait for an answer. Throws ClusterError, zmq::error_t.
  /// The context is this connection's or, for a controller in this process, that one's too.
  Connection(std::shared_ptr<zmq::context_t> context, const wire::ConnectionFile& cluster);
  /// By which other processes of this host reach its cluster, if that is another way.
  void set_way_for_others(wire::ConnectionFile file) { way_for_others_ = std::move(file); }
  const wire::ConnectionFile& way_for_others() const { return way_for_others_; }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  /// Requires that leave() was called, and close() if it lingers since.
  ~Connection();

  /// Where this cluster is found. When it isn't there any more, and the controller has died, then
  /// the cluster is over: nobody will start another one for it.
  void watch_file(std::filesystem::path file, const wire::Uuid& cluster);
  /// Until the controller has answered, or `end`. Throws ConnectionLost.
  void wait_until_open(client::Instant end);

  /// Waits for room, and for large pushes that were submitted before to the engine `target`; a
  /// negative one means any.
  PendingPtr submit(const Entry& entry, Buffer arguments, Buffer options, int target,
                    client::PrerequisitesPtr prerequisites);
  /// The same for a push: what is submitted later to this engine waits for it if it is large.
  PendingPtr submit_push(const Entry& entry, Buffer arguments, Buffer options, int target,
                         client::PrerequisitesPtr prerequisites);
  /// For items of a map: false, and `body` as it was, when there is no room. See
  /// client::Session::submit_items.
  bool try_submit(const Entry& entry, Buffer& body, Buffer options,
                  const client::PrerequisitesPtr& prerequisites,
                  const std::shared_ptr<ItemOutcomes>& outcomes, std::size_t index,
                  std::uint32_t count);
  /// How long what is in a batch may wait for its map's input.
  static constexpr std::chrono::milliseconds batch_patience{1};
  /// The connection's own thread looks at the batch when its patience ends.
  void look_after(std::weak_ptr<ItemBatch> batch);
  /// Engines that the controller spoke of last; 0 before it did.
  std::uint32_t engines() const { return engines_.load(std::memory_order_relaxed); }
  /// Their ids, ascending. The first call waits for the controller's answer, and until there are as
  /// many as are expected, for 10 s at most. Throws ConnectionLost.
  std::vector<int> engine_ids();
  /// The same, but waits until `end` for so many; the ids, of however many there are then.
  std::vector<int> engine_ids(std::size_t count, client::Instant end);
  /// So many engines are on their way: an embedded cluster's.
  void expect_engines(std::size_t count);
  /// Until the task has settled; false when `end` came first.
  bool wait_for_outcome(const Pending& task, client::Instant end);
  /// Until there is a completion.
  bool wait_for_completion(const Completions& completions, client::Instant end);
  /// Until there is an outcome or, unless `room_for` is 0, room for so many items or the end of the
  /// connection.
  bool wait_for_outcomes(const ItemOutcomes& outcomes, std::size_t room_for, client::Instant end);
  /// `completions` gets `index` when the task has settled, at once if it has.
  void announce(Pending& task, std::shared_ptr<Completions> completions, std::size_t index);
  /// Calls back when the task has settled.
  void on_done(const PendingPtr& task, std::unique_ptr<Callback> callback) {
    refuse_after_fork();
    callbacks_->add(task, std::move(callback));
  }
  /// Calls back when so many items of the map have ended.
  void on_ended(ItemOutcomes& map, std::size_t items, std::unique_ptr<Callback> callback) {
    refuse_after_fork();
    callbacks_->add(map, items, std::move(callback));
  }
  /// What it has published last, to `look`, if there is something.
  template <class Look>
  void look_at_published(const Pending& task, Look look) {
    const Lock lock(mutex_);
    if (task.published) look(*task.published);
  }
  /// What it has printed since the last call with this place, as far as that is known.
  TaskOutput output_since(const Pending& task, OutputRead& read);
  /// Makes the calls that are due and no more. Requires abandon().
  void end_callbacks();
  /// For the thread of the callbacks: until some are due; false when the connection is over and
  /// none is.
  bool wait_for_callbacks(const client::Callbacks& callbacks);
  /// Somebody's wait may be over for a reason that no message brings.
  void call_waiters_anew();
  void wish_cancel(const PendingPtr& task);
  /// The same, without waiting for the answer.
  void say_cancel(const PendingPtr& task);
  void say_cancel(const ItemOutcomes& map);
  void say_cancel_all();
  /// Asks the controller and waits for the answer. Throws ClusterError when it is refused,
  /// ConnectionLost, WouldBlock.
  std::string ask(wire::Topic topic, Buffer question);
  /// What a thread does while it waits. A task that waits for what others of its program may do
  /// runs tasks meanwhile (rule 33), but not when it waits for a lock, which what it runs might
  /// want, too.
  enum class Meanwhile { wait, hold, run_tasks };
  /// Wishes for a lock (`hold`: which this program has then), a counter or a queue, and waits for
  /// the answer. Nothing when `end` came first, or with an end that has passed when it would have
  /// had to wait. Throws as ask does.
  std::optional<wire::CommonsAnswer> wish(wire::CommonsWish wish, client::Instant end,
                                          Meanwhile meanwhile);
  /// Null when it isn't there.
  std::shared_ptr<client::HeldLock> held_lock(const std::string& name, std::int64_t fence);
  /// Nobody is to stop for it any more. False when that was known.
  bool forget_lock(const client::HeldLock* held);
  /// Returns the one that is there already when it is the same. Throws ClusterError when there are
  /// too many.
  ModulePtr add_module(ModulePtr module);
  /// See image_for_names. Throws ClusterError when there are several.
  std::string only_module();
  /// Submits a task that stands for that one. Waits for room. Throws as submit does.
  PendingPtr stand_in(const wire::StandIn& wanted);
  /// See client::Session::keep_work_log.
  void keep_work_log(std::vector<std::string> unlogged) {
    const Lock lock(mutex_);
    session_.keep_work_log(std::move(unlogged));
  }
  /// As it is now; an empty one when none is kept.
  client::WorkLog work_log() {
    const Lock lock(mutex_);
    return session_.work_log() == nullptr ? client::WorkLog() : *session_.work_log();
  }
  /// The session that submits this connection's tasks.
  const wire::Uuid& session() const { return session_id_; }
  /// The cluster that it is of.
  const wire::Uuid& cluster() const { return cluster_id_; }
  /// The session outlives this client from now on. Throws as ask does.
  void keep();
  /// Submissions without an outcome.
  std::size_t open();
  /// Until there is none, or the connection is lost.
  bool wait_for_all(client::Instant end);
  /// Throws ClusterError in the child after a fork, where nothing would ever arrive.
  void refuse_after_fork() const;
  /// Takes leave without waiting: what is open ends with ConnectionLost and this reason.
  void abandon(const std::string& reason);
  /// The program has no view and no client of it any more. While it holds results that are still
  /// to come the connection lingers (client/lingering_connections.hpp). Else waits until what is
  /// open has ended or, of a session that is kept, was taken by the cluster (5 s at most), and
  /// takes leave of the cluster.
  void leave();
  /// Takes leave now, though results are awaited; waits as leave() does for a program without any.
  void close();
  /// It has taken leave. close() is still required.
  bool has_left();

 private:
  PendingPtr make_pending(const Buffer& arguments);
  Connection(std::shared_ptr<zmq::context_t> context, const wire::ConnectionFile& cluster,
             const wire::Way& way);

  using Lock = std::unique_lock<std::mutex>;

  // Any thread.
  void begin(const Entry& entry, Buffer arguments, Buffer options,
             client::PrerequisitesPtr prerequisites, const PendingPtr& pending, Lock lock);
  void send_soon(client::Instant now, Lock lock);
  void throw_if_lost() const;
  bool begin_to_linger();
  static void say(const std::string& line);
  template <class Condition>
  bool wait_until(client::Instant end, Condition condition);
  bool wait(client::Waiter& self, client::Instant end, Lock& lock);
  void wait_by_running(client::Waiter& self, client::Instant end, Lock& lock);
  void run_here(client::Session::OwnTask task, Lock& lock);
  void wait_only(client::Waiter& self, client::Instant end, Lock& lock);
  void drive(client::Waiter& self, client::Instant end, Lock& lock);
  void sleep_as_driver(client::Instant end, Lock& lock);
  void leave_seat();
  bool at_rest() const;

  // Any thread, under mutex_.
  void exchange(client::Instant now, const client::Waiter* self);
  std::size_t receive(const client::Waiter* self);
  void call_waiters(const client::Waiter* self);
  void call_those_done(const client::Waiter* self);
  void lose(const std::string& reason, client::Instant now);
  bool leaves_tasks() const;
  void say_what_is_left() const;
  std::uint64_t say_wish(wire::CommonsWish wish);
  client::Questions::Answer take_wish(std::uint64_t number);
  void watch_tasks(bool watched);
  void watch_controller(std::int64_t pid);

  // The connection's own thread.
  void serve();
  void sleep_as_thread(Lock& lock);
  void look_at_batches(client::Instant now, Lock& lock);
  void look_at_leases(client::Instant now);
  void look_at_awaited(client::Instant now);
  void speak_of_waits(client::Instant now);
  void look_at_controller();
  void look_for_cluster(client::Instant now);
  void say_farewell(Lock& lock);

  const wire::Uuid session_id_ = wire::Uuid::random();
  const wire::Uuid cluster_id_;
  wire::ConnectionFile way_for_others_;
  bool kept_ = false;          ///< under mutex_
  const unsigned generation_;  ///< of forks: in another one this object is of no use
  const std::shared_ptr<zmq::context_t> context_;
  wire::Descriptor controller_;   ///< pidfd of the controller, if it is on this host and lives
  bool controller_died_ = false;  ///< the latest one, as far as is known here
  std::filesystem::path file_;    ///< where others find the cluster; empty: nowhere
  wire::Uuid cluster_;            ///< that it is of
  client::Instant file_due_{};    ///< when to look at it again
  wire::Descriptor watched_;      ///< epoll, what the connection's own thread sleeps on
  wire::Bell thread_bell_;
  wire::Bell driver_bell_;

  std::mutex mutex_;
  wire::PolledSocket task_;
  wire::PolledSocket control_;
  client::Session session_;
  client::Notices notices_;
  client::OpenPushes pushes_;
  client::Leases leases_;
  std::set<std::uint64_t> wishes_;  ///< for the commons, that aren't answered
  std::uint64_t last_wish_ = 0;
  std::string lost_;          ///< why the connection is over; empty while it isn't
  std::string leave_reason_;  ///< set when this side wants to end the connection
  bool left_ = false;
  bool lingers_ = false;                      ///< for results that are awaited, without handles
  client::Instant lingers_at_least_until_{};  ///< while tasks are open that nobody awaits
  client::Burst burst_;
  std::size_t unsent_ = 0;  ///< submissions that nobody was called for
  std::uint64_t news_seen_ = 0;
  std::uint64_t links_seen_ = 0;
  std::string host_;  ///< this one
  std::vector<client::Waiter*> waiters_;
  client::Waiter* driver_ = nullptr;
  std::condition_variable seat_left_;
  bool driver_asleep_ = false;  ///< and nobody has rung for it
  bool thread_asleep_ = false;
  bool thread_naps_ = false;                       ///< it will look by itself within a millisecond
  bool tasks_watched_ = false;                     ///< by the connection's own thread
  std::vector<std::weak_ptr<ItemBatch>> batches_;  ///< held ones
  client::Instant batches_due_ = client::Instant::max();
  std::atomic<std::uint32_t> engines_{0};
  std::size_t expected_engines_ = 0;
  OwnEngine* const own_engine_;  ///< null unless this process is an engine of the same cluster
  std::uint64_t own_floor_ = 0;  ///< the executing thread's: its task's first counter (rule 33)
  BoundStore own_values_;        ///< and the bound values of tasks that it ran here
  const std::shared_ptr<client::Callbacks> callbacks_ = std::make_shared<client::Callbacks>(*this);

  std::thread thread_;  // last: it uses all of the above
};

template <class Condition>
bool Connection::wait_until(client::Instant end, Condition condition) {
  client::ConditionWaiter waiter(std::move(condition));
  Lock lock(mutex_);
  return wait(waiter, end, lock);
}

/// A connection of this program to a cluster whose description is known; it is left when the last
/// copy of the pointer goes. Doesn't wait for an answer. Throws ClusterError when the program lacks
/// the link options that engines need. A controller in this process is reached through its own
/// context.
std::shared_ptr<Connection> connect_to(
    const wire::ConnectionFile& cluster,
    std::shared_ptr<zmq::context_t> context = std::make_shared<zmq::context_t>());

/// Adds to a call's bound values those that every task with these options names.
void add_values_of(const ViewOptions& options, BoundValues& values);
/// A task's options as they travel.
wire::TaskOptions options_on_the_wire(const ViewOptions& options, int engine,
                                      const BoundValues& values);
/// A submission's options block; empty for the defaults. What is addressed to an engine names it;
/// -1: any that the options allow. Names the bound values that the task does. Throws ClusterError
/// when these are too many.
Buffer encode_options(const ViewOptions& options, int engine = -1, const BoundValues& values = {});

}  // namespace muster::detail
