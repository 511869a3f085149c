#pragma once
// One socket of a connection whose descriptor is polled, with the frames that it hasn't taken yet.
// It knows nothing of what they say.

#include <chrono>
#include <deque>
#include <optional>
#include <utility>

#include <zmq.hpp>

#include "protocol/frame.hpp"
#include "protocol/socket.hpp"

namespace muster::wire {

/// Threads may use it in turn, with a lock between them; only its descriptor may be polled at any
/// time, by any of them. The descriptor tells of a frame once, and any call on the socket may
/// swallow that; of a connection that began during a send, and that nobody has read from since, it
/// never tells. So this remembers whether the socket is dry: looked at until there was nothing, and
/// not touched since. Only then may anyone sleep on the descriptor, and whoever is woken by it says
/// so with stir().
class PolledSocket {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  explicit PolledSocket(zmq::socket_t socket)
      : socket_(std::move(socket)), descriptor_(wire::descriptor(socket_)) {}

  int descriptor() const { return descriptor_; }
  bool dry() const { return dry_; }
  void stir() {
    dry_ = false;
    retry_ = {};  // what the socket refused may find the connection there now
  }

  std::optional<Received> receive() {
    if (dry_) return std::nullopt;
    auto frame = wire::receive(socket_);
    dry_ = !frame;
    return frame;
  }

  void push(Frame&& frame) { frames_.push_back(std::move(frame)); }
  /// Sends what it can. True when it has touched the socket.
  bool flush(Instant now) {
    if (frames_.empty() || now < retry_) return false;
    while (!frames_.empty() && wire::send(socket_, frames_.front()) == Sent::yes) {
      frames_.pop_front();
    }
    dry_ = false;
    retry_ = frames_.empty() ? Instant{} : now + retry_interval;
    return true;
  }
  /// When frames that the socket has refused should be tried again; the end of time without any.
  Instant retry() const { return frames_.empty() ? Instant::max() : retry_; }

  /// Gives what was sent this long to leave the process.
  void close(std::chrono::milliseconds linger) {
    socket_.set(zmq::sockopt::linger, static_cast<int>(linger.count()));
    socket_.close();
    frames_.clear();
  }

 private:
  static constexpr std::chrono::milliseconds retry_interval{5};

  zmq::socket_t socket_;
  const int descriptor_;  // asked once: asking is a use of the socket, too
  std::deque<Frame> frames_;
  Instant retry_{};
  bool dry_ = false;
};

}  // namespace muster::wire
