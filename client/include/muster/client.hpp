#pragma once
// A program's way to a cluster that runs already.

#include <memory>
#include <utility>

#include <muster/client_options.hpp>
#include <muster/detail/pending.hpp>
#include <muster/load_balanced_view.hpp>
#include <muster/view_options.hpp>

namespace muster {

/// A cheap handle over one connection; copies, views and results share it, and the last of them
/// closes it, after everything that was submitted has been taken by the cluster (at most 5 s). All
/// members may be called from any thread. Of no use in the child after a fork.
class Client {
 public:
  /// Waits until the cluster's connection file is there and the controller has answered. Throws
  /// NoCluster when there is none in time, ConnectionLost when nobody answers, ClusterError when
  /// this program was linked without the options that let engines run it.
  explicit Client(const ClientOptions& options = {}) : connection_(detail::connect(options)) {}

  /// Of a connection that exists: a Cluster's.
  explicit Client(std::shared_ptr<detail::Connection> connection)
      : connection_(std::move(connection)) {}

  /// The cluster chooses the engine of each task. Throws ClusterError for options that don't work
  /// yet.
  LoadBalancedView load_balanced_view(ViewOptions options = {}) const {
    return LoadBalancedView(connection_, std::move(options));
  }

 private:
  std::shared_ptr<detail::Connection> connection_;
};

}  // namespace muster
