#pragma once
// The sockets that Muster makes, with the options that facts about ZeroMQ demand. What travels
// through them is one frame a message, which this file doesn't look into.

#include <cstdint>
#include <optional>
#include <string>

#include <zmq.hpp>

#include <muster/detail/buffer.hpp>

namespace muster::wire {

/// A peer of a ROUTER socket: its automatic id (never set by a peer of ours), up to seven bytes and
/// their number, in one word. 0 is nobody.
using RouteId = std::uint64_t;

/// Connects at once and keeps trying. Throws zmq::error_t for an endpoint that is no endpoint.
zmq::socket_t make_dealer(zmq::context_t& context, const std::string& endpoint);
/// Binds. Throws zmq::error_t when the endpoint can't be bound.
zmq::socket_t make_router(zmq::context_t& context, const std::string& endpoint);

/// What became of a frame that was to be sent. Nothing here ever waits.
enum class Sent {
  yes,   ///< it is ZeroMQ's now; whether it arrives only the peer can say
  full,  ///< not now: the connection is full, or not made yet
  gone,  ///< that peer's connection has ended
};

/// Takes the frame's memory only when it answers `yes`.
Sent send(zmq::socket_t& dealer, detail::Buffer& frame);
Sent send_to(zmq::socket_t& router, RouteId route, detail::Buffer& frame);

/// The next frame that waits, or nullopt. Messages of another shape are dropped: no peer of ours
/// sends them.
std::optional<zmq::message_t> receive(zmq::socket_t& dealer);
struct RoutedFrame {
  RouteId route;
  zmq::message_t frame;
};
std::optional<RoutedFrame> receive_routed(zmq::socket_t& router);

/// The descriptor that becomes readable when the socket may have something to do: a hint, edge
/// triggered. Look until `receive` has nothing, and again after each send, before waiting for it.
int descriptor(zmq::socket_t& socket);

inline std::span<const std::byte> bytes_of(const zmq::message_t& frame) {
  return {static_cast<const std::byte*>(frame.data()), frame.size()};
}

}  // namespace muster::wire
