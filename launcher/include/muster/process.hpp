#pragma once
// One function in a process of its own, as multiprocessing.Process has it.

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <muster/client.hpp>
#include <muster/context.hpp>
#include <muster/detail/deadline.hpp>
#include <muster/detail/distant_call_task.hpp>
#include <muster/detail/process_life.hpp>
#include <muster/detail/view_calls.hpp>
#include <muster/fn.hpp>
#include <muster/load_balanced_view.hpp>
#include <muster/same.hpp>

namespace muster {

namespace detail {

#pragma GCC visibility push(hidden)

struct RunAsProcess {
  void operator()(Context& context, const DistantCall& call, const ProcessLife::Pid& pid,
                  const std::string& cluster) const {
    take_program_cluster(cluster);
    std::atomic_ref(pid[0]).store(context.process().pid);
    CarryOut{}(context, call);
  }
};

/// See ProcessLife::Run.
inline AsyncResult<void> run_as_process(const LoadBalancedView& view, const DistantCall& call,
                                        const ProcessLife::Pid& pid, const std::string& cluster) {
  return view.apply(RunAsProcess{}, call, same(pid), cluster);
}

#pragma GCC visibility pop

}  // namespace detail

/// Runs one function of this program, once, in a process of its own on this host:
///
///   muster::Process process(muster::fn<simulate>.with(300.0));
///   process.start();
///   process.join();
///   if (process.exitcode() != 0) ...
///
/// The process is the one engine of a Cluster that is there for this alone; what that says of
/// engines holds. It has what static initialisers made and nothing that main did. What the function
/// returns is dropped: for values there are a Pool and views, or a SharedArray. It is never started
/// a second time, also when it crashes.
///
/// A muster::Client{} in it means what it means in the program, the cluster that was started from
/// the shell; or, given one, that client's cluster: so the two share locks, counters and queues.
///
///   muster::Cluster cluster;
///   muster::Process process(cluster.client(), muster::fn<produce>);   // puts into its queue
///   "found" process.start(); int found = cluster.client().queue<int>("found").get();
///
/// Made in main or below. All members may be called from any thread. What needs a process that was
/// started throws ClusterError before start().
class Process {
 public:
  /// Nothing is started yet. `name` is for people, and its task's label; empty: "Process-1" and so
  /// on. Throws ClusterError for an empty target.
  explicit Process(FunctionCall target, std::string name = {})
      : life_(std::make_unique<detail::ProcessLife>(std::move(target), std::move(name),
                                                    std::string(), &detail::run_as_process)) {}
  /// The same, with a cluster for the clients that it makes. It has to be there for as long.
  Process(const Client& client, FunctionCall target, std::string name = {})
      : life_(std::make_unique<detail::ProcessLife>(
            std::move(target), std::move(name),
            detail::connection_file_of(
                detail::ViewCalls::connection_of(client.load_balanced_view())),
            &detail::run_as_process)) {}
  Process(Process&&) noexcept = default;
  Process& operator=(Process&&) noexcept = default;
  // The destructor kills the process if it runs, and returns when it has ended: join() before. In
  // the child after a fork it does nothing.

  const std::string& name() const { return life_->name(); }

  /// Returns when the function has begun; blocks for as long as a process takes to start. Throws
  /// ClusterError when it was called before, and as Cluster and the calls of views do when there
  /// can't be such a process; then there is none, and exitcode() is 1.
  void start() { life_->start(); }

  /// Blocks until the process has ended. Doesn't throw what the function has thrown.
  void join() const { life_->join(detail::ProcessLife::Time::max()); }
  /// The same for so long at most; whether it has ended.
  template <class Count, class Period>
  bool join(std::chrono::duration<Count, Period> patience) const {
    return life_->join(detail::deadline_after(patience));
  }

  /// Nothing before start(). It stays when the process has ended.
  std::optional<std::int64_t> pid() const { return life_->pid(); }
  /// From start() until the process has ended.
  bool is_alive() const { return life_->is_alive(); }
  /// Nothing until it has ended. 0: the function has returned; 1: it has thrown; -n: signal n has
  /// ended the process; else what the function has called exit with.
  std::optional<int> exitcode() const { return life_->exit_code(); }
  /// What the function has thrown, as get() of a view's call throws it (TaskError), or why the
  /// process could not be followed to its end. Null otherwise, also of a process that was killed.
  std::exception_ptr exception() const { return life_->exception(); }

  /// Sends SIGTERM, which ends it unless the function has said otherwise. Never blocks; join() says
  /// when it has ended. Of one that has ended it means nothing, and never meets another process.
  void terminate() const { life_->signal(SIGTERM); }
  /// The same with SIGKILL.
  void kill() const { life_->signal(SIGKILL); }

 private:
  std::unique_ptr<detail::ProcessLife> life_;
};

}  // namespace muster
