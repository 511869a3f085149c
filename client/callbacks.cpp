#include "client/callbacks.hpp"

#include <cstdio>
#include <exception>
#include <utility>

#include <pthread.h>

#include "client/connection.hpp"

namespace muster::client {
namespace {

using detail::Callback;
using detail::Completions;
using detail::PendingPtr;

thread_local bool callback_runs = false;

/// Nobody is there to catch what a callback throws, and one that throws must not take those behind
/// it along.
void call(std::unique_ptr<Callback> callback) {
  const bool before = std::exchange(callback_runs, true);
  try {
    callback->call();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "muster: a callback has thrown: %s\n", error.what());
  } catch (...) {
    std::fprintf(stderr, "muster: a callback has thrown what is no std::exception\n");
  }
  callback.reset();
  callback_runs = before;
}

}  // namespace

bool in_callback() {
  return callback_runs;
}

WaitsAllowed::WaitsAllowed() : before_(std::exchange(callback_runs, false)) {}

WaitsAllowed::~WaitsAllowed() {
  callback_runs = before_;
}

Callbacks::~Callbacks() {
  // In the child after a fork there is no such thread.
  if (thread_.joinable()) thread_.detach();
}

void Callbacks::add(const PendingPtr& task, std::unique_ptr<Callback> callback) {
  add_announced(std::move(callback),
                [&](std::size_t place) { connection_.announce(*task, completions_, place); });
}

void Callbacks::add(detail::ItemOutcomes& map, std::size_t items,
                    std::unique_ptr<Callback> callback) {
  add_announced(std::move(callback), [&](std::size_t place) {
    map.announce(completions_, place, items);
    connection_.call_waiters_anew();
  });
}

/// `announce` is given the callback's place, which is to be among the completions when it is due.
template <class Announce>
void Callbacks::add_announced(std::unique_ptr<Callback> callback, Announce announce) {
  {
    std::unique_lock lock(mutex_);
    if (finishing_) {
      lock.unlock();
      call(std::move(callback));
      return;
    }
    std::size_t place = callbacks_.size();
    if (free_.empty()) {
      callbacks_.push_back(std::move(callback));
    } else {
      place = free_.back();
      free_.pop_back();
      callbacks_[place] = std::move(callback);
    }
    if (!thread_.joinable()) {
      thread_ = std::thread([self = shared_from_this()] { self->run(); });
    }
    announce(place);
  }
  added_.notify_one();
}

void Callbacks::finish() {
  std::thread thread;
  {
    const std::scoped_lock lock(mutex_);
    finishing_ = true;
    thread = std::move(thread_);
  }
  added_.notify_one();
  if (!thread.joinable()) return;
  connection_.call_waiters_anew();
  if (thread.get_id() == std::this_thread::get_id()) {
    thread.detach();
  } else {
    thread.join();
  }
}

void Callbacks::run() {
  ::pthread_setname_np(::pthread_self(), "muster-callback");
  for (;;) {
    call_due();
    if (finishing_ && completions_->empty()) return;
    if (!finishing_) wait();
  }
}

/// The callback may be what keeps the connection: once it was dropped only this object is known to
/// live, until finishing_ says more.
void Callbacks::call_due() {
  std::vector<Completions::Completion> arrived;
  completions_->take(arrived);
  for (const Completions::Completion& completion : arrived) {
    std::unique_ptr<Callback> callback;
    {
      const std::scoped_lock lock(mutex_);
      callback = std::move(callbacks_[completion.index]);
      free_.push_back(completion.index);
    }
    call(std::move(callback));
  }
}

/// Drives the connection until it is lost; then everything has settled, and only callbacks that are
/// added from now on are left to wait for.
void Callbacks::wait() {
  if (connection_.wait_for_callbacks(*this)) return;
  std::unique_lock lock(mutex_);
  added_.wait(lock, [this] { return due(); });
}

}  // namespace muster::client
