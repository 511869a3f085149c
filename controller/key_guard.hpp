#pragma once
// Who may enter over a network: answers ZeroMQ's question, for each connection that has proved to
// have a key, whether it is one of the cluster's, and which role it stands for. It knows nothing of
// messages; what a role may do is the core's to say.

#include <atomic>
#include <cstdint>
#include <exception>
#include <map>
#include <string>
#include <thread>

#include <zmq.hpp>

#include "protocol/key_ring.hpp"

namespace muster::controller {

/// Answers from a thread of its own, so that strangers who knock don't keep the controller's loop,
/// and an allow-list that never changes. It has to be there before the context's sockets are bound
/// to a network, and to outlive them; sockets made by wire::let_in_by_key let in nobody while there
/// is none.
class KeyGuard {
 public:
  /// Throws zmq::error_t.
  KeyGuard(zmq::context_t& context, const wire::KeyRing& keys);
  KeyGuard(const KeyGuard&) = delete;
  KeyGuard& operator=(const KeyGuard&) = delete;
  ~KeyGuard();

  /// Connections whose key was unknown, so far.
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  void answer_for_ever();
  void answer();

  std::map<std::string, std::string> roles_;  ///< by public key, 32 bytes
  zmq::socket_t questions_;
  zmq::socket_t end_;       ///< this side's end of the thread's last word
  zmq::socket_t told_end_;  ///< the thread's
  std::atomic<std::uint64_t> refused_{0};
  std::thread thread_;
};

}  // namespace muster::controller
