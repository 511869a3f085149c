#pragma once
// One thread beside a loop, for what would make the loop wait: hashing files.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include <asio/io_context.hpp>
#include <asio/thread_pool.hpp>

namespace muster::wire {

/// All calls on the loop's thread. The thread begins with the first job.
class WorkerThread {
 public:
  explicit WorkerThread(asio::io_context& io) : io_(io) {}
  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;
  /// Waits for the job that is under way, which should look at `stop`. What isn't begun is dropped.
  ~WorkerThread();

  /// Runs `job` on the thread, one after the other, then `done` on the loop's, unless this object
  /// has died meanwhile. Neither may throw.
  void run(std::function<void()> job, std::function<void()> done);
  /// Becomes true when nobody wants the results any more.
  const std::atomic<bool>& stop() const { return stop_; }

 private:
  asio::io_context& io_;
  std::atomic<bool> stop_ = false;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
  std::optional<asio::thread_pool> thread_;
};

}  // namespace muster::wire
