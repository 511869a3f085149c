#pragma once
// A command as a client of the cluster that its user has chosen, which does something with tasks by
// their ids.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <muster/client.hpp>
#include <muster/task_id.hpp>

#include "launcher/cluster_choice.hpp"

namespace muster::launcher {

/// Connects, without waiting for a cluster to be started, and does `what`, which returns an
/// ExitCode. Errors become words of `muster COMMAND` on stderr and exit codes.
int as_connection(const std::string& command, const ClusterChoice& choice,
                  const std::vector<std::string>& ids,
                  const std::function<int(const std::shared_ptr<detail::Connection>&,
                                          const std::vector<TaskId>&)>& what);

/// The same with a Client.
int as_client(const std::string& command, const ClusterChoice& choice,
              const std::vector<std::string>& ids,
              const std::function<int(const Client&, const std::vector<TaskId>&)>& what);

}  // namespace muster::launcher
