#include <chrono>
#include <vector>

#include <muster/executor.hpp>

namespace muster::detail {

void ExecutorTasks::refuse_after_shutdown() const {
  const std::scoped_lock lock(mutex_);
  if (is_shut_) throw ClusterError("this Executor was shut down: it takes no more tasks");
}

/// What has ended meanwhile is let go: an executor may live for long.
void ExecutorTasks::add(const PendingPtr& task) {
  const std::scoped_lock lock(mutex_);
  open_.add(task);
  while (open_.size() > 0 && open_.next(std::chrono::steady_clock::time_point::min()) != nullptr) {
  }
}

void ExecutorTasks::shutdown(const ShutdownOptions& options) {
  std::unique_lock lock(mutex_);
  is_shut_ = true;
  const std::vector<PendingPtr> open = open_.open();
  lock.unlock();
  if (options.cancel_futures) {
    for (const PendingPtr& task : open)
      wish_cancel(task);
  }
  if (!options.wait) return;
  for (const PendingPtr& task : open)
    detail::wait(task);
}

void ExecutorTasks::end() noexcept {
  try {
    shutdown({});
  } catch (const ClusterError&) {
    // Nothing can wait in a callback, nor in the child after a fork.
  }
}

}  // namespace muster::detail
