#include "protocol/socket.hpp"

#include <cerrno>
#include <cstring>

#include "protocol/limits.hpp"

namespace muster::wire {
namespace {

/// A backstop only: credit bounds what is on its way long before.
constexpr int high_water_mark = 4096;
/// A peer may be there before the controller has bound; on one host trying again is cheap.
constexpr int reconnect_ms = 5;
constexpr int reconnect_ms_max = 250;

void set_common_options(zmq::socket_t& socket) {
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::sndhwm, high_water_mark);
  socket.set(zmq::sockopt::rcvhwm, high_water_mark);
  socket.set(zmq::sockopt::maxmsgsize, frame_bytes_max);
}

zmq::message_t message_of(detail::Buffer& frame) {
  // Below this a copy is cheaper than the bookkeeping of shared memory.
  constexpr std::size_t copy_below = 1024;
  const std::size_t size = frame.size();
  if (size < copy_below) return zmq::message_t(frame.data(), size);
  return zmq::message_t(
      frame.release(), size, [](void* data, void*) { std::free(data); }, nullptr);
}

/// The socket holds a share of the bytes until it has sent them.
zmq::message_t message_of(const SharedBytes& bytes) {
  return zmq::message_t(
      const_cast<std::byte*>(bytes.bytes().data()), bytes.size(),
      [](void*, void* share) { delete static_cast<SharedBytes*>(share); }, new SharedBytes(bytes));
}

/// The word holds the id's bytes and, in its highest byte, their number.
std::optional<RouteId> route_of(const zmq::message_t& id) {
  if (id.size() == 0 || id.size() > 7) return std::nullopt;
  RouteId route = 0;
  std::memcpy(&route, id.data(), id.size());
  return route | RouteId{id.size()} << 56;
}

Sent result_of(int error) {
  if (error == EAGAIN) return Sent::full;
  if (error == EHOSTUNREACH) return Sent::gone;
  throw zmq::error_t();
}

/// What follows the first frame of a message. False when that is more than a message of ours has.
bool receive_rest(zmq::socket_t& socket, Received& received) {
  if (!received.records.more()) return true;
  if (!socket.recv(received.chunk, zmq::recv_flags::dontwait)) return false;
  if (!received.chunk.more()) return true;
  for (bool more = true; more;) {
    zmq::message_t part;
    if (!socket.recv(part, zmq::recv_flags::dontwait)) break;
    more = part.more();
  }
  return false;
}

/// The frames after the first: once that is accepted they are too; a connection that ends between
/// them drops them.
Sent send_frames(zmq::socket_t& socket, zmq::message_t message, Frame& frame) {
  const int more = frame.chunk.empty() ? 0 : ZMQ_SNDMORE;
  if (zmq_msg_send(message.handle(), socket.handle(), ZMQ_DONTWAIT | more) < 0) {
    return result_of(errno);
  }
  if (more != 0) {
    zmq::message_t chunk = message_of(frame.chunk);
    if (zmq_msg_send(chunk.handle(), socket.handle(), ZMQ_DONTWAIT) < 0) return result_of(errno);
  }
  frame = {};
  return Sent::yes;
}

}  // namespace

zmq::socket_t make_dealer(zmq::context_t& context, const std::string& endpoint) {
  zmq::socket_t socket(context, zmq::socket_type::dealer);
  set_common_options(socket);
  // Frames for a connection that doesn't exist stay with us, where they are accounted for.
  socket.set(zmq::sockopt::immediate, true);
  socket.set(zmq::sockopt::reconnect_ivl, reconnect_ms);
  socket.set(zmq::sockopt::reconnect_ivl_max, reconnect_ms_max);
  socket.connect(endpoint);
  return socket;
}

zmq::socket_t make_router(zmq::context_t& context, const std::string& endpoint) {
  zmq::socket_t socket(context, zmq::socket_type::router);
  set_common_options(socket);
  socket.set(zmq::sockopt::router_mandatory, true);
  socket.set(zmq::sockopt::backlog, 4096);
  socket.bind(endpoint);
  return socket;
}

Sent send(zmq::socket_t& dealer, detail::Buffer& frame) {
  // Copied, because a refused frame stays the caller's: it will be tried again.
  zmq::message_t message(frame.data(), frame.size());
  if (zmq_msg_send(message.handle(), dealer.handle(), ZMQ_DONTWAIT) < 0) return result_of(errno);
  frame = {};
  return Sent::yes;
}

Sent send(zmq::socket_t& dealer, Frame& frame) {
  return send_frames(dealer, zmq::message_t(frame.records.data(), frame.records.size()), frame);
}

Sent send_to(zmq::socket_t& router, RouteId route, Frame& frame) {
  const auto size = static_cast<std::size_t>(route >> 56);
  if (zmq_send(router.handle(), &route, size, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0) {
    return result_of(errno);
  }
  return send_frames(router, message_of(frame.records), frame);
}

std::optional<Received> receive(zmq::socket_t& dealer) {
  for (;;) {
    Received received;
    if (!dealer.recv(received.records, zmq::recv_flags::dontwait)) return std::nullopt;
    if (receive_rest(dealer, received)) return received;
  }
}

std::optional<RoutedFrame> receive_routed(zmq::socket_t& router) {
  for (;;) {
    zmq::message_t id;
    if (!router.recv(id, zmq::recv_flags::dontwait)) return std::nullopt;
    if (!id.more()) continue;
    RoutedFrame routed;
    if (!router.recv(routed.frame.records, zmq::recv_flags::dontwait)) continue;
    const std::optional<RouteId> route = route_of(id);
    if (!receive_rest(router, routed.frame) || !route) continue;
    routed.route = *route;
    return routed;
  }
}

SharedBytes take_chunk(Received& frame) {
  if (frame.chunk.size() == 0) return {};
  auto owner = std::make_shared<const zmq::message_t>(std::move(frame.chunk));
  const Bytes bytes = bytes_of(*owner);
  return {std::move(owner), bytes};
}

int descriptor(zmq::socket_t& socket) {
  return socket.get(zmq::sockopt::fd);
}

}  // namespace muster::wire
