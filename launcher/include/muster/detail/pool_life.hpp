#pragma once
// What a pool is made of: its cluster, whether it is open, and what it has still to wait for. It
// knows nothing of what tasks take and give.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <muster/client.hpp>
#include <muster/cluster.hpp>
#include <muster/detail/distant_call.hpp>
#include <muster/detail/map_plan.hpp>
#include <muster/detail/map_window.hpp>
#include <muster/detail/pool_log.hpp>
#include <muster/direct_view.hpp>
#include <muster/engine_results.hpp>
#include <muster/fn.hpp>
#include <muster/insights.hpp>
#include <muster/load_balanced_view.hpp>
#include <muster/pool_options.hpp>
#include <muster/view_options.hpp>

namespace muster::detail {

/// All members may be called from any thread.
class PoolLife {
 public:
  using ExitResults = EngineResults<std::vector<char>>;
  /// Carries out a call on each engine of the view. The program's own, because what a shared
  /// library calls its own isn't among the tasks of the program.
  using CallOnAll = ExitResults (*)(const DirectView& view, const DistantCall& call);
  /// What has to be the program's own.
  struct Tasks {
    CallOnAll call_on_all;
    PoolLog::DescribeAll describe_all;
  };

  /// With a cluster of its own.
  PoolLife(int workers, const PoolOptions& options, const Tasks& own);
  /// On a cluster that somebody else starts and stops.
  PoolLife(const Client& client, const PoolOptions& options, const Tasks& own);
  PoolLife(const PoolLife&) = delete;
  PoolLife& operator=(const PoolLife&) = delete;
  ~PoolLife() { terminate(); }

  const Client& client() const { return client_; }
  /// With the options of the pool's tasks. Throws ClusterError when the pool is closed.
  std::shared_ptr<const LoadBalancedView> view() const;
  /// The same with those of one map.
  LoadBalancedView view_for(const MapOptions& options) const;
  /// For the views that are asked for from now on.
  void set_shared(std::string word, SharedObjects::Object object);
  bool forget_shared(const std::string& word);
  /// join() waits for this map as well.
  void wait_for_map(const std::shared_ptr<MapWindow>& window);
  /// join() waits until what is returned is gone.
  std::shared_ptr<void> expect_callback();

  bool closed() const;
  void close();
  void join();
  void terminate();
  /// The bodies of what the exit function has returned, in the order of the workers' ids. Throws
  /// ClusterError when join() hasn't called it, and the calls' errors.
  std::vector<std::vector<char>> exit_results() const;
  /// Throws ClusterError when the pool keeps none. Waits a second for workers that are busy.
  Insights insights() const;

 private:
  enum class Phase { open, closed, over };
  struct Callbacks {
    std::mutex mutex;
    std::condition_variable made;
    std::size_t due = 0;
  };

  ViewOptions task_options() const;
  // Under the mutex.
  void refuse_unless_open() const;
  void share(const SharedObjects& objects);
  void finish_maps();
  void call_exits();
  void wait_for_callbacks();
  void end();

  const PoolLog::Clock::time_point begin_ = PoolLog::Clock::now();
  const FunctionCall exit_;
  const std::optional<std::chrono::nanoseconds> exit_timeout_;
  const CallOnAll call_on_all_;
  std::optional<Cluster> cluster_;
  Client client_;
  std::shared_ptr<const LoadBalancedView> view_;  // never changed: replaced
  const std::unique_ptr<PoolLog> log_;            // null: no insights are wanted
  const std::shared_ptr<Callbacks> callbacks_ = std::make_shared<Callbacks>();

  mutable std::mutex mutex_;
  Phase phase_ = Phase::open;
  std::vector<std::weak_ptr<MapWindow>> maps_;
  std::optional<ExitResults> exited_;
};

/// What a map's options say of its input.
MapPlan plan_of(const MapOptions& options);

/// Calls `error_callback`, if there is one, with the exception that is being handled.
void call_with_current_error(const ErrorCallback& error_callback);

}  // namespace muster::detail
