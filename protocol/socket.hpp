#pragma once
// The sockets that Muster makes, with the options that facts about ZeroMQ demand. What travels
// through them is a message of one frame, or of two where a part of a body travels beside its
// record; this file doesn't look into them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <zmq.hpp>

#include <muster/detail/buffer.hpp>

#include "protocol/frame.hpp"
#include "protocol/key_pair.hpp"
#include "protocol/shared_bytes.hpp"

namespace muster::wire {

/// A peer of a ROUTER socket: its automatic id (never set by a peer of ours), up to seven bytes and
/// their number, in one word. 0 is nobody.
using RouteId = std::uint64_t;

/// Connects at once and keeps trying. Throws zmq::error_t for an endpoint that is no endpoint, and
/// std::invalid_argument for one of TCP without keys: nothing travels over a network in the clear.
zmq::socket_t make_dealer(zmq::context_t& context, const std::string& endpoint,
                          const PeerKeys& keys = {});
/// The same, but for the connecting: for who wants to watch that.
zmq::socket_t make_unconnected_dealer(zmq::context_t& context, const std::string& endpoint,
                                      const PeerKeys& keys);
/// Binds. Throws zmq::error_t when the endpoint can't be bound.
zmq::socket_t make_router(zmq::context_t& context, const std::string& endpoint);

/// From here on the router's endpoints let in only whom the key guard of its context knows
/// (controller/key_guard.hpp), and nobody when there is no guard; those that it has are left as
/// they are. Call it before a TCP endpoint is bound. Throws zmq::error_t.
void let_in_by_key(zmq::socket_t& router, const KeyPair& server);
/// Binds a TCP endpoint of this numeric address and returns what it is called; port 0 is any.
/// Throws zmq::error_t.
std::string bind_tcp(zmq::socket_t& router, const std::string& address, std::uint16_t port);
/// "tcp://10.0.0.1:5000", "tcp://[::1]:5000".
std::string tcp_endpoint(const std::string& address, std::uint16_t port);

/// What became of a frame that was to be sent. Nothing here ever waits.
enum class Sent {
  yes,   ///< it is ZeroMQ's now; whether it arrives only the peer can say
  full,  ///< not now: the connection is full, or not made yet
  gone,  ///< that peer's connection has ended
};

/// Takes the frame's memory only when it answers `yes`.
Sent send(zmq::socket_t& dealer, detail::Buffer& frame);
Sent send(zmq::socket_t& dealer, Frame& frame);
Sent send_to(zmq::socket_t& router, RouteId route, Frame& frame);

/// A message that arrived; `chunk` is empty where no part of a body came with it.
struct Received {
  zmq::message_t records;
  zmq::message_t chunk;
};

/// Who sent it: the role of its key, or "" for a process of this user on this host. nullopt when
/// neither is certain. Costs a search by name in what ZeroMQ knows of the connection.
std::optional<std::string_view> user_of(Received& frame);

/// The next message that waits, or nullopt. Those of another shape are dropped: no peer of ours
/// sends them.
std::optional<Received> receive(zmq::socket_t& dealer);
struct RoutedFrame {
  RouteId route;
  Received frame;
};
std::optional<RoutedFrame> receive_routed(zmq::socket_t& router);

/// The descriptor that becomes readable when the socket may have something to do: a hint, edge
/// triggered. Look until `receive` has nothing, and again after each send, before waiting for it.
int descriptor(zmq::socket_t& socket);

inline Bytes bytes_of(const zmq::message_t& frame) {
  return {static_cast<const std::byte*>(frame.data()), frame.size()};
}
inline Bytes bytes_of(const Received& frame) {
  return bytes_of(frame.records);
}
/// The part of a body that came with it, for as long as `frame` lives.
inline SharedBytes view_of_chunk(const Received& frame) {
  return {nullptr, bytes_of(frame.chunk)};
}
/// The same, for as long as anybody wants it.
SharedBytes take_chunk(Received& frame);

}  // namespace muster::wire
