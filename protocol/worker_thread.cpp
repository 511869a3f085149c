#include "protocol/worker_thread.hpp"

#include <csignal>
#include <utility>

#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>

namespace muster::wire {

WorkerThread::~WorkerThread() {
  stop_ = true;
  if (!thread_) return;
  thread_->stop();
  thread_->join();
}

void WorkerThread::run(std::function<void()> job, std::function<void()> done) {
  if (!thread_) {
    // No handler of the program that embeds us may run on it.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_.emplace(1);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  asio::post(*thread_, [this, work = asio::make_work_guard(io_), job = std::move(job),
                        done = std::move(done), alive = std::weak_ptr<char>(alive_)]() mutable {
    job();
    asio::post(io_, [done = std::move(done), alive = std::move(alive)] {
      if (!alive.expired()) done();
    });
  });
}

}  // namespace muster::wire
