#pragma once
// What a client asks of engines' processes.

#include <memory>
#include <vector>

#include <muster/detail/pending.hpp>

namespace muster::detail {

/// To the process that each of these engines has now. Throws ClusterError, with nothing sent, when
/// one has none, or for what is no signal.
void signal_engines(const std::shared_ptr<Connection>& connection, const std::vector<int>& engines,
                    int signal);
/// Another process in place of that one. Throws in the same way.
void restart_engines(const std::shared_ptr<Connection>& connection,
                     const std::vector<int>& engines);

/// None any more: they stay stopped. Throws ClusterError, with nothing done, when one isn't there.
void shut_engines_down(const std::shared_ptr<Connection>& connection,
                       const std::vector<int>& engines);
/// All of it ends.
void shut_cluster_down(const std::shared_ptr<Connection>& connection);

}  // namespace muster::detail
