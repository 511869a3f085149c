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

bool drop_rest(zmq::socket_t& socket, const zmq::message_t& first) {
  if (!first.more()) return false;
  for (bool more = true; more;) {
    zmq::message_t part;
    if (!socket.recv(part, zmq::recv_flags::dontwait)) break;
    more = part.more();
  }
  return true;
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

Sent send_to(zmq::socket_t& router, RouteId route, detail::Buffer& frame) {
  const auto size = static_cast<std::size_t>(route >> 56);
  if (zmq_send(router.handle(), &route, size, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0) {
    return result_of(errno);
  }
  // Once the address is accepted the frame is too; a connection that ends between the two drops it.
  zmq::message_t message = message_of(frame);
  if (zmq_msg_send(message.handle(), router.handle(), ZMQ_DONTWAIT) < 0) return result_of(errno);
  frame = {};
  return Sent::yes;
}

std::optional<zmq::message_t> receive(zmq::socket_t& dealer) {
  for (;;) {
    zmq::message_t frame;
    if (!dealer.recv(frame, zmq::recv_flags::dontwait)) return std::nullopt;
    if (!drop_rest(dealer, frame)) return frame;
  }
}

std::optional<RoutedFrame> receive_routed(zmq::socket_t& router) {
  for (;;) {
    zmq::message_t id;
    if (!router.recv(id, zmq::recv_flags::dontwait)) return std::nullopt;
    if (!id.more()) continue;
    zmq::message_t frame;
    if (!router.recv(frame, zmq::recv_flags::dontwait)) continue;
    const std::optional<RouteId> route = route_of(id);
    if (drop_rest(router, frame) || !route) continue;
    return RoutedFrame{*route, std::move(frame)};
  }
}

int descriptor(zmq::socket_t& socket) {
  return socket.get(zmq::sockopt::fd);
}

}  // namespace muster::wire
