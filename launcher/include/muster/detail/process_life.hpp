#pragma once
// What a Process is made of: a thread that has a cluster of one engine for as long as one function
// runs. It knows nothing of what that takes and gives.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <muster/async_result.hpp>
#include <muster/detail/distant_call.hpp>
#include <muster/fn.hpp>
#include <muster/load_balanced_view.hpp>
#include <muster/shared_array.hpp>

namespace muster::detail {

/// Of this process from now on: what a Client that says nothing means, as the content of a
/// connection file; empty: what it means in a program that is no engine.
void take_program_cluster(const std::string& file);
/// By which another process of this host reaches the cluster.
std::string connection_file_of(const std::shared_ptr<Connection>& connection);

/// All members may be called from any thread.
class ProcessLife {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// The process writes its number into this when it begins.
  using Pid = SharedArray<std::int64_t>;
  /// Has the call carried out by an engine of the view. The program's own, because what a shared
  /// library calls its own isn't among the tasks of the program.
  using Run = AsyncResult<void> (*)(const LoadBalancedView& view, const DistantCall& call,
                                    const Pid& pid, const std::string& cluster);

  /// `cluster`: see take_program_cluster.
  ProcessLife(FunctionCall target, std::string name, std::string cluster, Run run);
  ProcessLife(const ProcessLife&) = delete;
  ProcessLife& operator=(const ProcessLife&) = delete;
  /// Kills it if it runs. In the child after a fork it does nothing.
  ~ProcessLife();

  const std::string& name() const { return name_; }
  void start();
  /// Whether it has ended by then.
  bool join(Time end) const;
  std::optional<std::int64_t> pid() const;
  std::optional<int> exit_code() const;
  std::exception_ptr exception() const;
  bool is_alive() const;
  void signal(int number) const;

 private:
  struct Child;  // what can be sent a signal

  void live(std::promise<void>& begun);
  void run(std::promise<void>& begun);
  void refuse_unless_started() const;  // under the mutex

  const std::int64_t owner_;
  const FunctionCall target_;
  const std::string name_;
  const std::string cluster_;
  const Run run_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool started_ = false;
  bool ended_ = false;
  std::unique_ptr<const Child> child_;  // null until it has begun
  int exit_code_ = 0;
  std::exception_ptr exception_;
  std::thread thread_;
};

}  // namespace muster::detail
