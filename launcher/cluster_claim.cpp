#include "launcher/cluster_claim.hpp"

#include <string>
#include <utility>

namespace muster::launcher {

wire::ClusterDirectory made_directory(const wire::ClusterName& name) {
  wire::ClusterDirectory directory(name);
  directory.create();
  return directory;
}

ClusterLock claim(const wire::ClusterDirectory& directory) {
  auto lock = ClusterLock::acquire(directory.lock_file());
  if (lock) return std::move(*lock);
  std::string text = "cluster '" + directory.name().cluster_id + "' of profile '" +
                     directory.name().profile + "' is already running";
  const auto holders = ClusterLock::holders(directory.lock_file());
  if (!holders.empty()) {
    text += " (" + holders.front().role + " " + std::to_string(holders.front().pid) + ")";
  }
  throw AlreadyRunning(text + "; use it, stop it with: muster stop" +
                       arguments_for(directory.name()) + ", or choose another --cluster-id");
}

}  // namespace muster::launcher
