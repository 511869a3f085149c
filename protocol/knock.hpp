#pragma once
// Asks a controller on a network whether it lets a key in, without a word to it. ZeroMQ itself goes
// on trying in silence, whatever the reason; this tells the reasons apart.

#include <chrono>
#include <optional>
#include <string>

#include <zmq.hpp>

#include "protocol/key_pair.hpp"

namespace muster::wire {

enum class KnockAnswer {
  let_in,       ///< the controller knows the key
  key_refused,  ///< it doesn't
  other_keys,   ///< something listens there that isn't the owner of the server's key
  nobody,       ///< nothing answers there, yet
};

/// One connection of its own, made again until there is an answer. One thread at a time.
class Knock {
 public:
  /// `broken_max` connections in a row have to break in the middle of the greeting before that is
  /// an answer: one may do so because the controller is just ending. Throws zmq::error_t for an
  /// endpoint that is no endpoint, std::invalid_argument without keys.
  Knock(zmq::context_t& context, const std::string& endpoint, const PeerKeys& keys,
        int broken_max = 3);

  /// The answer, once there is one; waits for it no longer than this.
  KnockAnswer wait(std::chrono::milliseconds bound);

 private:
  std::optional<KnockAnswer> next_event(std::chrono::milliseconds bound);

  zmq::socket_t dealer_;
  zmq::socket_t events_;
  int broken_left_;
  KnockAnswer answer_ = KnockAnswer::nobody;
};

/// What to tell the user of `file` when the answer isn't `let_in`; it was knocked at `endpoint`.
std::string describe(KnockAnswer answer, const std::string& endpoint);

}  // namespace muster::wire
