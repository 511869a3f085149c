#include "launcher/cluster_stop.hpp"

#include <algorithm>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include "launcher/cluster_lock.hpp"
#include "launcher/cluster_mark.hpp"
#include "launcher/job_file.hpp"
#include "launcher/runtime_directory.hpp"
#include "protocol/connection_file.hpp"
#include "protocol/descriptor.hpp"
#include "protocol/pidfd.hpp"

namespace muster::launcher {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kill_bound = 5s;
constexpr auto lock_interval = 10ms;  // a lock can't be waited for with a bound

struct Holder {
  std::string role;
  wire::Descriptor pidfd;
};

std::vector<Holder> open_holders(const wire::ClusterDirectory& directory) {
  std::vector<Holder> result;
  std::vector<LockHolder> noted = ClusterLock::holders(directory.lock_file());
  for (LockHolder& guest : ClusterLock::holders(directory.guests_file()))
    noted.push_back(std::move(guest));
  for (const LockHolder& holder : noted) {
    wire::Descriptor pidfd = wire::open_pidfd(holder.pid);
    // Asked again: the pidfd must be of the process that was noted, not of a later one.
    if (pidfd && birth_of(holder.pid) == holder.birth) {
      result.push_back({holder.role, std::move(pidfd)});
    }
  }
  return result;
}

bool ended(const Holder& holder) {
  pollfd end{holder.pidfd.get(), POLLIN, 0};
  return ::poll(&end, 1, 0) == 1;
}

bool all_ended(const wire::ClusterDirectory& directory, const std::vector<Holder>& holders) {
  return std::all_of(holders.begin(), holders.end(), ended) &&
         !ClusterLock::is_held(directory.lock_file()) &&
         !ClusterLock::is_shared(directory.guests_file());
}

bool wait_for_end(const wire::ClusterDirectory& directory, const std::vector<Holder>& holders,
                  Clock::duration bound) {
  const auto deadline = Clock::now() + bound;
  while (!all_ended(directory, holders)) {
    if (Clock::now() >= deadline) return false;
    std::vector<pollfd> ends;
    for (const Holder& holder : holders) {
      if (!ended(holder)) ends.push_back({holder.pidfd.get(), POLLIN, 0});
    }
    ::poll(ends.data(), ends.size(),
           static_cast<int>(std::chrono::milliseconds(lock_interval).count()));
  }
  return true;
}

/// SIGKILL to every process that has inherited the cluster's mark: what tasks have started is found
/// so even when the node and the launcher, which collect it otherwise, were killed or hang.
void kill_marked(const wire::Uuid& cluster) {
  for (const wire::Descriptor& pidfd : marked_processes(cluster))
    wire::send_signal(pidfd, SIGKILL);
}

std::optional<wire::Uuid> uuid_of(const wire::ClusterDirectory& directory) {
  try {
    return wire::read_connection_file(directory.connection_file()).uuid;
  } catch (const wire::ConnectionFileError&) {
    return std::nullopt;
  }
}

/// What a cluster leaves behind that was killed in all its parts.
void remove_leftovers(const wire::ClusterDirectory& directory) {
  if (!directory.exists()) return;
  // Under the lock: a cluster that starts at this moment keeps its file.
  if (const auto lock = ClusterLock::acquire(directory.lock_file())) {
    // Whoever ends in an orderly way removes the file, so the end of this one was not orderly.
    if (const auto uuid = uuid_of(directory)) kill_marked(*uuid);
    if (const std::string trouble = remove_left_job(directory); !trouble.empty())
      fmt::print(stderr, "muster stop: {}\n", trouble);
    directory.forget_cluster();
  }
  stale_runtime_directories(true);
}

}  // namespace

StopResult stop_cluster(const wire::ClusterDirectory& directory,
                        std::chrono::milliseconds patience) {
  if (directory.exists()) directory.check();
  if (!ClusterLock::is_held(directory.lock_file())) {
    remove_leftovers(directory);
    return StopResult::not_running;
  }
  const std::optional<wire::Uuid> uuid = uuid_of(directory);
  const std::vector<Holder> holders = open_holders(directory);
  for (const Holder& holder : holders) {
    // Without a launcher the others are ending already: their tethers are cut.
    if (holder.role == "launcher") wire::send_signal(holder.pidfd, SIGTERM);
  }
  bool done = wait_for_end(directory, holders, patience);
  if (!done) {
    // Others may have been noted since.
    const std::vector<Holder> remaining = open_holders(directory);
    for (const Holder& holder : remaining) {
      wire::send_signal(holder.pidfd, SIGKILL);
    }
    if (uuid) kill_marked(*uuid);
    done = wait_for_end(directory, remaining, kill_bound);
  }
  if (!done) return StopResult::survived;
  remove_leftovers(directory);
  return StopResult::stopped;
}

}  // namespace muster::launcher
