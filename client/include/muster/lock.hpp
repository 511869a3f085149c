#pragma once
// A lock of a cluster: at any time one program, or one task, has it.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include <muster/detail/commons.hpp>
#include <muster/detail/deadline.hpp>
#include <muster/error.hpp>

namespace muster {

/// What client.lock("NAME") gives: a handle, which may be copied and used from any thread. Who asks
/// for it waits in a row with all others that do, clients and tasks, wherever they run. It isn't
/// recursive: who has it and asks again waits for itself. A name is that of a lock, a counter or a
/// queue, and is there when it is used first. (multiprocessing's Lock, for a cluster.)
///
///   const auto held = client.lock("table").acquire();
///   write(file, held.fence());
///
/// It is a lease. The program that has it stays in touch with the controller, without doing
/// anything for it. When it ends, in whichever way, the next one gets the lock. When it is cut off,
/// the lock is given on 75 seconds later, and before that it is stopped itself: half a minute after
/// it has heard of the controller last its stop_token() says so, and if it hasn't let the lock go
/// another 15 seconds later its process is ended. Of a process that was stopped by a signal for so
/// long nobody can promise that it does nothing in the instant in which it goes on: for this there
/// is the fencing number, by which what the lock protects can refuse who comes too late.
class Lock {
 public:
  /// While it lives its program has the lock. It moves and isn't copied.
  class Held {
   public:
    explicit Held(detail::LeasePtr lease) : lease_(std::move(lease)) {}
    Held(Held&&) = default;
    Held& operator=(Held&& other) noexcept {
      std::swap(lease_, other.lease_);
      return *this;
    }
    /// Lets it go, and waits until the controller knows. Says nothing of what release() throws.
    ~Held() {
      try {
        if (lease_) detail::release(lease_);
      } catch (...) {  // NOLINT: the connection is lost, and the lock with it
      }
    }

    /// Larger than that of everybody who has had this lock before, also across restarts of the
    /// controller.
    std::int64_t fence() const { return detail::fence(lease_); }
    /// Asked to stop when this program has been cut off from the cluster for half a minute, or the
    /// cluster has ended: end what the lock protects, and let it go.
    std::stop_token stop_token() const { return detail::stop_token(lease_); }
    /// Asks the controller whether the lock is this program's still; blocks for a round trip.
    bool is_held() const { return detail::is_held(lease_); }
    /// Lets it go before the end of the scope. Throws Expired when it wasn't this program's any
    /// more, and ConnectionLost.
    void release() {
      const detail::LeasePtr lease = std::exchange(lease_, nullptr);
      if (lease && !detail::release(lease)) {
        throw Expired(
            "the lock had gone to others before it was released: this program was cut off for too "
            "long");
      }
    }

   private:
    detail::LeasePtr lease_;
  };

  Lock(std::shared_ptr<detail::Connection> connection, std::string name)
      : connection_(std::move(connection)), name_(std::move(name)) {}

  /// Blocks until the lock is this program's. Throws ClusterError when the name is a counter's or a
  /// queue's, ConnectionLost, and WouldBlock in a callback. `muster status` shows who has it and
  /// how many wait.
  [[nodiscard]] Held acquire() const {
    return Held(detail::acquire(connection_, name_, detail::CommonsTime::max()));
  }
  /// The same, for `patience` at most; nothing when it was in vain.
  template <class Count, class Period>
  [[nodiscard]] std::optional<Held> acquire_for(
      std::chrono::duration<Count, Period> patience) const {
    return held_if(detail::acquire(connection_, name_, detail::deadline_after(patience)));
  }
  /// Doesn't wait for others; blocks for a round trip.
  [[nodiscard]] std::optional<Held> try_acquire() const {
    return held_if(detail::acquire(connection_, name_, detail::CommonsTime::min()));
  }

 private:
  static std::optional<Held> held_if(detail::LeasePtr lease) {
    if (!lease) return std::nullopt;
    return Held(std::move(lease));
  }

  std::shared_ptr<detail::Connection> connection_;
  std::string name_;
};

}  // namespace muster
