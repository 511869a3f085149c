#include "protocol/socket.hpp"

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "protocol/handover.hpp"
#include "protocol/limits.hpp"

namespace muster::wire {
namespace {

/// A backstop only: credit bounds what is on its way long before.
constexpr int high_water_mark = 4096;
/// A peer may be there before the controller has bound; on one host trying again is cheap.
constexpr int reconnect_ms = 5;
constexpr int reconnect_ms_max = 250;
/// Over a network there may be many who try.
constexpr int network_reconnect_ms = 100;
constexpr int network_reconnect_ms_max = 2000;
constexpr int connect_timeout_ms = 5000;  // the system's own is two minutes
/// A stranger has this long to prove who it is; what it may send until then is one frame.
constexpr int handshake_ms = 5000;
/// What was sent and not acknowledged for so long ends a connection. Beyond the time after which a
/// silent peer is dead (limits.hpp), which so is what decides.
constexpr int unacknowledged_ms_max = 20'000;
/// The name under which the key guard is asked. An empty one would let everybody in.
constexpr const char* zap_domain = "muster";
/// ZMQ_ZAP_ENFORCE_DOMAIN: without it nobody is refused while no guard answers. The header of a
/// release hides the name, the library has the option.
constexpr int zap_enforce_domain = 93;

void set_common_options(zmq::socket_t& socket) {
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::sndhwm, high_water_mark);
  socket.set(zmq::sockopt::rcvhwm, high_water_mark);
  socket.set(zmq::sockopt::maxmsgsize, frame_bytes_max);
}

bool is_tcp(const std::string& endpoint) {
  return endpoint.starts_with("tcp://");
}

/// No heartbeats of ZeroMQ's own: they end connections whose receiver is busy.
void set_network_options(zmq::socket_t& socket) {
  socket.set(zmq::sockopt::handshake_ivl, handshake_ms);
  socket.set(zmq::sockopt::tcp_keepalive, 1);
  socket.set(zmq::sockopt::tcp_keepalive_idle, 30);
  socket.set(zmq::sockopt::tcp_keepalive_intvl, 10);
  socket.set(zmq::sockopt::tcp_keepalive_cnt, 3);
  socket.set(zmq::sockopt::tcp_maxrt, unacknowledged_ms_max);
}

bool is_v6(const std::string& endpoint) {
  return endpoint.starts_with("tcp://[");
}

void show_keys(zmq::socket_t& socket, const std::string& endpoint, const PeerKeys& keys) {
  if (keys.none()) {
    throw std::invalid_argument("a connection to " + endpoint +
                                " needs keys; use a connection file that `muster start --bind` "
                                "has written");
  }
  socket.set(zmq::sockopt::curve_serverkey, keys.server_key);
  socket.set(zmq::sockopt::curve_publickey, keys.own.public_key);
  socket.set(zmq::sockopt::curve_secretkey, keys.own.secret_key);
}

zmq::message_t message_of(detail::Buffer& frame) {
  // Below this a copy is cheaper than the bookkeeping of shared memory.
  constexpr std::size_t copy_below = 1024;
  const std::size_t size = frame.size();
  if (size < copy_below) return zmq::message_t(frame.data(), size);
  const detail::LargeMemory memory = frame.release();
  return zmq::message_t(
      memory.data, size,
      [](void* data, void* capacity) {
        after_receiving();  // on libzmq's thread, which gives it on to others
        detail::Buffer::give_back(data, reinterpret_cast<std::uintptr_t>(capacity));
      },
      reinterpret_cast<void*>(memory.bytes));
}

/// The socket holds a share of the bytes until it has sent them.
zmq::message_t message_of(const SharedBytes& bytes) {
  return zmq::message_t(
      const_cast<std::byte*>(bytes.bytes().data()), bytes.size(),
      [](void*, void* share) {
        after_receiving();
        delete static_cast<SharedBytes*>(share);
      },
      new SharedBytes(bytes));
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
  before_sending();
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

zmq::socket_t make_unconnected_dealer(zmq::context_t& context, const std::string& endpoint,
                                      const PeerKeys& keys) {
  zmq::socket_t socket(context, zmq::socket_type::dealer);
  set_common_options(socket);
  // Frames for a connection that doesn't exist stay with us, where they are accounted for.
  socket.set(zmq::sockopt::immediate, true);
  // A path may be the end of a tunnel, and what is behind it the network.
  const bool network = is_tcp(endpoint) || !keys.none();
  socket.set(zmq::sockopt::reconnect_ivl, network ? network_reconnect_ms : reconnect_ms);
  socket.set(zmq::sockopt::reconnect_ivl_max,
             network ? network_reconnect_ms_max : reconnect_ms_max);
  if (network) {
    set_network_options(socket);
    socket.set(zmq::sockopt::ipv6, is_v6(endpoint));
    socket.set(zmq::sockopt::connect_timeout, connect_timeout_ms);
    show_keys(socket, endpoint, keys);
  }
  return socket;
}

zmq::socket_t make_dealer(zmq::context_t& context, const std::string& endpoint,
                          const PeerKeys& keys) {
  zmq::socket_t socket = make_unconnected_dealer(context, endpoint, keys);
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

void let_in_by_key(zmq::socket_t& router, const KeyPair& server) {
  set_network_options(router);
  router.set(zmq::sockopt::zap_domain, zap_domain);
  const int enforced = 1;
  if (zmq_setsockopt(router.handle(), zap_enforce_domain, &enforced, sizeof enforced) != 0) {
    throw zmq::error_t();
  }
  router.set(zmq::sockopt::curve_secretkey, server.secret_key);
  router.set(zmq::sockopt::curve_server, true);
}

std::string tcp_endpoint(const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return "tcp://" + (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

std::string bind_tcp(zmq::socket_t& router, const std::string& address, std::uint16_t port) {
  const std::string endpoint = tcp_endpoint(address, port);
  router.set(zmq::sockopt::ipv6, is_v6(endpoint));
  router.bind(endpoint);
  return router.get(zmq::sockopt::last_endpoint);
}

std::optional<std::string_view> user_of(Received& frame) {
  // Of the frame behind the identity, which has no such knowledge in every release.
  if (const char* role = zmq_msg_gets(frame.records.handle(), "User-Id")) return role;
  const char* address = zmq_msg_gets(frame.records.handle(), "Peer-Address");
  // A connection of the kernel names user and process behind this word; one in memory has none.
  if (address == nullptr || std::string_view(address).starts_with("localhost:")) return "";
  return std::nullopt;
}

Sent send(zmq::socket_t& dealer, detail::Buffer& frame) {
  // Copied, because a refused frame stays the caller's: it will be tried again.
  zmq::message_t message(frame.data(), frame.size());
  before_sending();
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
    after_receiving();
    if (receive_rest(dealer, received)) return received;
  }
}

std::optional<RoutedFrame> receive_routed(zmq::socket_t& router) {
  for (;;) {
    zmq::message_t id;
    if (!router.recv(id, zmq::recv_flags::dontwait)) return std::nullopt;
    after_receiving();
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
