#pragma once
// A program's way to a cluster that runs already.

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <muster/async_result.hpp>
#include <muster/attached_session.hpp>
#include <muster/client_options.hpp>
#include <muster/compile_options.hpp>
#include <muster/counter.hpp>
#include <muster/detail/deadline.hpp>
#include <muster/detail/engine_requests.hpp>
#include <muster/detail/engine_targets.hpp>
#include <muster/detail/modules.hpp>
#include <muster/detail/open_tasks.hpp>
#include <muster/detail/pending.hpp>
#include <muster/detail/task_requests.hpp>
#include <muster/direct_view.hpp>
#include <muster/history.hpp>
#include <muster/load_balanced_view.hpp>
#include <muster/lock.hpp>
#include <muster/queue.hpp>
#include <muster/session.hpp>
#include <muster/task_id.hpp>
#include <muster/task_module.hpp>
#include <muster/view_options.hpp>

namespace muster {

/// What becomes of the cluster itself, that is its controller and all of its engines, when engines
/// are shut down.
enum class Hub { stays, ends };

/// A cheap handle over one connection; copies, views and results that are still to come share it,
/// and the last of them closes it, after everything that was submitted has ended or, in a session
/// that is kept, has been taken by the cluster (at most 5 s). All members may be called from any
/// thread. Of no use in the child after a fork.
class Client {
 public:
  /// Waits until the cluster's connection file is there and the controller has answered. Throws
  /// NoCluster when there is none in time, ConnectionLost when nobody answers, ClusterError when
  /// this program was linked without the options that let engines run it.
  explicit Client(const ClientOptions& options = {}) : connection_(detail::connect(options)) {}

  /// Of a connection that exists: a Cluster's.
  explicit Client(std::shared_ptr<detail::Connection> connection)
      : connection_(std::move(connection)) {}

  /// The cluster chooses the engine of each task. Throws ClusterError for options that can't be
  /// meant, as refuse_unsupported says.
  LoadBalancedView load_balanced_view() const { return LoadBalancedView(connection_); }
  LoadBalancedView load_balanced_view(ViewOptions options) const {
    return LoadBalancedView(connection_, std::move(options));
  }

  /// The ids of the cluster's engines, ascending, as the cluster said last: it says so when engines
  /// come or go. An engine's id outlives its process. Blocks the first time only, for a round trip,
  /// or until all engines of a Cluster have joined. Throws ConnectionLost.
  std::vector<int> ids() const { return detail::engine_ids(connection_); }

  /// Blocks until there are so many engines, and gives the ids of all that there are then; their
  /// processes may still be starting, for an engine's first task waits for its own. Throws
  /// TimedOut (Limit::wait) when there are fewer after `patience` (add some with: muster engines).
  /// At once it throws EngineLost when one that was there leaves meanwhile, as when its host is
  /// lost, and ConnectionLost when the cluster ends. (ipyparallel's, which fails as early.)
  std::vector<int> wait_for_engines(
      std::size_t count, std::chrono::nanoseconds patience = std::chrono::minutes(1)) const {
    return detail::wait_for_engines(connection_, count, patience);
  }

  /// One engine. A negative number counts from the end of the ids: -1 is the last one. Throws
  /// ClusterError when there is no such engine.
  EngineView operator[](int engine) const {
    return EngineView(connection_, detail::engine_named(ids(), engine));
  }
  /// Several, in this order: `client[{0, 2}]`.
  DirectView operator[](std::initializer_list<int> engines) const {
    return (*this)[std::vector<int>(engines)];
  }
  DirectView operator[](const std::vector<int>& engines) const {
    return fixed(detail::engines_named(ids(), engines));
  }
  /// Those at the places begin, begin + step, ... before end, as in Python: `ids[begin:end:step]`.
  /// Places may count from the end; what is beyond it is left out.
  DirectView slice(int begin, int end = std::numeric_limits<int>::max(), int step = 1) const {
    return fixed(detail::engines_in_slice(ids(), begin, end, step));
  }
  /// All that there are at each of its calls.
  DirectView all() const { return DirectView(connection_, {}); }

  // Engines' processes. Of all engines, or of these, as operator[] names them. Each call is done
  // for all that it names, or throws ClusterError and does nothing: for one that isn't there, or
  // has no process at this moment. It returns when the engines' nodes were told, and blocks for a
  // round trip. Throws ConnectionLost, WouldBlock.

  /// Sends a signal (SIGUSR1, …) to the process that has the engine's tasks, not to what these have
  /// started. What the program does by it is its own affair; a process that ends by it has crashed,
  /// and its task is charged. (As ipyparallel's send_signal.)
  void send_signal(int signal) const { detail::signal_engines(connection_, ids(), signal); }
  void send_signal(int signal, const std::vector<int>& engines) const {
    detail::signal_engines(connection_, detail::engines_named(ids(), engines), signal);
  }
  /// Gives engines another process, at once. They keep their ids. What they have goes elsewhere or
  /// to the new process, and nobody is charged; what was addressed to one before ends with
  /// EngineLost, and values that were pushed are gone. What is called after this finds the new one.
  void restart() const { detail::restart_engines(connection_, ids()); }
  void restart(const std::vector<int>& engines) const {
    detail::restart_engines(connection_, detail::engines_named(ids(), engines));
  }

  /// Stops engines, all or these, for good: they get no other process, their ids mean nothing any
  /// more and aren't given again. What they have goes elsewhere, or waits for engines that join
  /// (muster engines), and nobody is charged; what was addressed to one ends with EngineLost. A
  /// `muster engines` or `muster node` that was started for them only ends, too. With Hub::ends
  /// the whole cluster does, whichever engines are named: this returns when it was told, and what
  /// is open then, and every call after this, ends with ConnectionLost. (As ipyparallel's
  /// shutdown(targets, hub).)
  void shutdown(Hub hub = Hub::stays) const { shutdown(ids(), hub); }
  void shutdown(const std::vector<int>& engines, Hub hub = Hub::stays) const {
    if (hub == Hub::ends) return detail::shut_cluster_down(connection_);
    detail::shut_engines_down(connection_, detail::engines_named(ids(), engines));
  }

  /// Reads the file of a task module, which muster_add_module or compile() has built, or of another
  /// program that uses Muster: the functions that it exports are called by name (Remote) and served
  /// by processes of their own on engines. Hosts that don't have the file get it, once. Doesn't
  /// wait for any of that: what can't be loaded on an engine's host is an ImageMismatch of the
  /// tasks. It stays loaded while this client lives; the same content again is the same module.
  /// Throws ClusterError when the file can't be read, or is neither.
  Module load(const std::filesystem::path& file) const {
    return Module(detail::load_module(connection_, file));
  }

  /// Compiles C++ source text to a task module and loads it: on this host, by the compiler and with
  /// the flags that Muster was installed with (its development files have to be there), and only
  /// once for the same text and flags, also of later programs, as long as the module is among the
  /// 512 MiB that are kept in ~/.cache/muster/modules. <muster/module.hpp> is included. Blocks
  /// until the compiler has ended, for 10 minutes at most. Throws CompileError with what the
  /// compiler said, and ClusterError when there is none.
  template <class = void>  // so that only a program that compiles links what does it
  Module compile(const std::string& source, const CompileOptions& options = {}) const {
    return Module(detail::compile_module(connection_, source, options));
  }

  // What this connection has submitted, through whichever view or copy, and has no outcome yet:
  // tasks, and the items of maps that were submitted so far.

  std::size_t outstanding() const { return detail::open_tasks(connection_); }
  /// Blocks until there is nothing outstanding. Results keep their errors; that the connection was
  /// lost is one of those.
  void wait() const {
    detail::wait_for_open_tasks(connection_, std::chrono::steady_clock::time_point::max());
  }
  /// The same, for `patience` at most. False when something is outstanding then.
  template <class Count, class Period>
  bool wait_for(std::chrono::duration<Count, Period> patience) const {
    return detail::wait_for_open_tasks(connection_, detail::deadline_after(patience));
  }
  /// Wishes that all of it be cancelled, also what runs (AsyncResult::request_cancel). Doesn't
  /// wait. A map that still reads its input goes on with that.
  void abort() const { detail::cancel_open_tasks(connection_); }

  // What programs and tasks of the cluster have in common, by a name of at most 200 bytes. Each is
  // there when it is used first; its own header says how it is used.

  Lock lock(std::string name) const { return Lock(connection_, std::move(name)); }
  Counter counter(std::string name) const { return Counter(connection_, std::move(name)); }
  /// Of values of type T, which can travel.
  template <class T>
  Queue<T> queue(std::string name, QueueOptions options = {}) const {
    return Queue<T>(connection_, std::move(name), options);
  }

  // What the cluster's controller remembers, of all clients; docs/history.md says what and how
  // much.

  /// Tasks that are open or have ended, in the order in which they ended, the open ones last. Of
  /// those that have ended it knows the latest 65,536 (`muster start --history`); all of them
  /// without a query. Blocks for a round trip for each 512 of them. Throws ConnectionLost,
  /// WouldBlock.
  std::vector<TaskRecord> history(const HistoryQuery& query = {}) const {
    return detail::history(connection_, query);
  }
  /// What each engine has to do. Blocks for a round trip. Throws as history does.
  QueueStatus queue_status() const { return detail::queue_status(connection_); }

  // Coming back: tasks that outlive their client, and results that others read.

  /// The handle of this client's session. From the first call on its tasks go on when the client
  /// leaves or dies, and the outcome of each that hasn't ended yet is kept by the controller for
  /// whoever comes with the handle: for a day after the client has left, as far as there is room (a
  /// quarter of `muster start --memory`, of all sessions together; the oldest go first), until it
  /// is purged; after the controller was started again only with --db. Without this call the tasks
  /// of a client that is no more are dropped. Blocks for a round trip the first time. Throws
  /// ConnectionLost, WouldBlock.
  Session session() const { return detail::session(connection_); }

  /// Looks at a session, of this cluster, by its handle. Throws ClusterError when the controller
  /// doesn't know it (any more), and as history does.
  AttachedSession attach(const Session& session) const {
    return {connection_, detail::attach(connection_, session)};
  }

  /// The result of a task of a session that is kept, this client's own or another's: equal to what
  /// the client that submitted it has, also what info() says of it but for `submitted` and
  /// `received`, which are this call's. What a task has printed or published isn't kept. To cancel
  /// the result cancels the task. Throws ClusterError when it can't be had, and says why.
  template <class T>
  AsyncResult<T> get_result(const TaskId& id) const {
    return AsyncResult<T>(detail::result_of(connection_, id));
  }

  /// Runs a task again, one that has ended in whichever way, runs, or is queued, as a task of this
  /// client's with an id of its own: the same function of the same program with the same arguments
  /// and options, which count anew; what it has waited for it doesn't wait for again. Its session
  /// has to be kept (see session()). Throws ClusterError for a task that still waits for others, or
  /// never got the values of others that were to be its arguments, and as get_result does.
  template <class T = void>
  AsyncResult<T> resubmit(const TaskId& id) const {
    return AsyncResult<T>(detail::run_again(connection_, id));
  }

  /// Wishes that a task of any client be cancelled, and says what the wish has met: one that
  /// `running` was asked to stop. Throws ClusterError when the controller knows no such task.
  CancelOutcome cancel(const TaskId& id) const { return detail::cancel(connection_, id); }

  /// Lets the controller forget these tasks and their results, or all that have ended, of all
  /// clients; a row of items of a map as a whole. Returns how many that were. What a client has
  /// already, it keeps. Throws ClusterError, and forgets nothing, when one hasn't ended.
  std::size_t purge(const std::vector<TaskId>& ids) const {
    return ids.empty() ? 0 : detail::purge(connection_, ids);
  }
  std::size_t purge_all() const { return detail::purge(connection_, {}); }

 private:
  DirectView fixed(std::vector<int> engines) const {
    return DirectView(connection_, detail::EngineTargets(std::move(engines)));
  }

  std::shared_ptr<detail::Connection> connection_;
};

}  // namespace muster
