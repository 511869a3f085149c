#pragma once
// A cluster of the program's own: its engines are this program, started again, and end with it.

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <muster/client.hpp>
#include <muster/cpu_ids.hpp>
#include <muster/direct_view.hpp>
#include <muster/engines_as.hpp>
#include <muster/load_balanced_view.hpp>
#include <muster/view_options.hpp>

namespace muster {

struct ClusterOptions {
  int engines = 0;  ///< 0: as many as the CPUs that this process may use
  int hwm = 0;      ///< tasks that an engine may hold, the running one included; 0: the default
  std::vector<std::string> resources{};  ///< of each engine, for ViewOptions::needs: "gpu", "gpu=2"
  /// Where engines may run: engine k's processes on the CPUs of entry k, counted round, `{0, 1}`:
  /// those with even numbers on CPU 0, the others on CPU 1; `{"0-3", "4-7"}`; `{{0, 2}}`: all of
  /// them on these two. Empty: where this process may.
  std::vector<CpuIds> cpu_ids{};
  /// What an engine's process may take of memory that is its own, in bytes, looked at once a
  /// second. At 0.8 of it another process takes its place when its task has ended, with nothing
  /// lost but values that were pushed; at all of it the process is ended at once, and its task
  /// crashes with that reason. 0: no limit.
  std::uint64_t memory_limit = 0;
  /// `muster::threads`: for functions that share the program's memory, for debugging, for tests.
  /// The same calls, but nothing is ended by force: a cancel, a time limit or the end of the
  /// Cluster asks a task to stop, by its stop_token, and waits until it returns; one that crashes
  /// takes the program along; what it prints isn't part of its result. Functions run at the same
  /// time, so what they share they have to guard. In such a task there is no Client of its own
  /// cluster: what waits in one for a task of the same pool waits for ever when no other engine is
  /// left. Can't be had with cpu_ids or memory_limit.
  EnginesAs engines_as = processes;
};

/// Nothing has to be installed or started, no port is opened, and nothing is left on disk. The
/// controller is one thread of this process. Engines begin where main would: they have what static
/// initialisers made, and nothing that main did; what they print goes where this process prints.
///
/// Made in main or below. As a global object it is allowed, and inert in the engines. All members
/// may be called from any thread. In the child after a fork it does nothing.
class Cluster {
 public:
  /// Returns when the controller answers; engines join meanwhile. Throws ClusterError when the
  /// program lacks the link options that engines need or for options that can't be meant, and
  /// std::system_error when the system refuses a thread, a descriptor or a directory.
  explicit Cluster(const ClusterOptions& options = {});
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  /// Cancels what has not ended: its results throw ConnectionLost. Returns when every process that
  /// the cluster has started has ended, and every callback that was due.
  ~Cluster();

  /// A handle to this cluster, for functions that take a Client.
  const Client& client() const { return client_; }
  /// As Client::load_balanced_view.
  LoadBalancedView load_balanced_view() const { return client_.load_balanced_view(); }
  LoadBalancedView load_balanced_view(ViewOptions options) const {
    return client_.load_balanced_view(std::move(options));
  }
  /// As Client's. Ids are 0, 1, ...
  std::vector<int> ids() const { return client_.ids(); }
  EngineView operator[](int engine) const { return client_[engine]; }
  DirectView operator[](std::initializer_list<int> engines) const { return client_[engines]; }
  DirectView operator[](const std::vector<int>& engines) const { return client_[engines]; }
  DirectView slice(int begin, int end = std::numeric_limits<int>::max(), int step = 1) const {
    return client_.slice(begin, end, step);
  }
  DirectView all() const { return client_.all(); }

 private:
  class State;
  std::unique_ptr<State> state_;  // null in a process that is an engine
  Client client_;
};

}  // namespace muster
