#pragma once
// What a program wants to be called back for: one call after the other, on a thread of their own.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <muster/detail/callback.hpp>
#include <muster/detail/completions.hpp>
#include <muster/detail/item_outcomes.hpp>
#include <muster/detail/pending.hpp>

namespace muster::client {

/// This thread runs a callback: it must not wait for a connection.
bool in_callback();

/// While it lives, waits are allowed in a callback after all: the library's own.
class WaitsAllowed {
 public:
  WaitsAllowed();
  WaitsAllowed(const WaitsAllowed&) = delete;
  WaitsAllowed& operator=(const WaitsAllowed&) = delete;
  ~WaitsAllowed();

 private:
  const bool before_;
};

/// Of one connection. The thread is started by the first callback and then waits for outcomes as
/// any thread of the program does, so that who has no callbacks pays nothing for them.
class Callbacks : public std::enable_shared_from_this<Callbacks> {
 public:
  explicit Callbacks(detail::Connection& connection) : connection_(connection) {}
  Callbacks(const Callbacks&) = delete;
  Callbacks& operator=(const Callbacks&) = delete;
  ~Callbacks();

  /// Any thread. The call is made on the callbacks' thread, by the caller if that has ended.
  void add(const detail::PendingPtr& task, std::unique_ptr<detail::Callback> callback);
  /// The same for when so many items of a map have ended.
  void add(detail::ItemOutcomes& map, std::size_t items,
           std::unique_ptr<detail::Callback> callback);
  /// Makes the calls that are due and ends the thread. To be called when all tasks have
  /// settled; also from a callback, which is then the last but for those that are due.
  void finish();

  /// Under the connection's mutex: the thread has something to do.
  bool due() const { return finishing_ || !completions_->empty(); }

 private:
  template <class Announce>
  void add_announced(std::unique_ptr<detail::Callback> callback, Announce announce);
  void run();
  void call_due();
  void wait();

  detail::Connection& connection_;  ///< not to be used once finish() was called
  const std::shared_ptr<detail::Completions> completions_ = std::make_shared<detail::Completions>();
  std::atomic<bool> finishing_{false};

  std::mutex mutex_;
  std::condition_variable added_;  ///< or finishing
  std::vector<std::unique_ptr<detail::Callback>> callbacks_;
  std::vector<std::size_t> free_;  ///< places in `callbacks_`
  std::thread thread_;
};

}  // namespace muster::client
