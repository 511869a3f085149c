#include "bench/floor/bare_socket.hpp"

#include <stdexcept>
#include <vector>

namespace muster::bench {
namespace {

/// More than any window here: credit is what bounds these brokers.
constexpr int high_water_mark = 8192;
constexpr int reconnect_ms = 5;

zmq::send_flags flags(bool more) {
  return more ? zmq::send_flags::dontwait | zmq::send_flags::sndmore : zmq::send_flags::dontwait;
}

void set_high_water_mark(zmq::socket_t& socket) {
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::sndhwm, high_water_mark);
  socket.set(zmq::sockopt::rcvhwm, high_water_mark);
}

}  // namespace

zmq::socket_t make_dealer(zmq::context_t& context, const std::string& endpoint) {
  zmq::socket_t socket(context, zmq::socket_type::dealer);
  set_high_water_mark(socket);
  socket.set(zmq::sockopt::immediate, true);
  socket.set(zmq::sockopt::reconnect_ivl, reconnect_ms);
  socket.connect(endpoint);
  return socket;
}

zmq::socket_t make_router(zmq::context_t& context, const std::string& endpoint) {
  zmq::socket_t socket(context, zmq::socket_type::router);
  set_high_water_mark(socket);
  socket.set(zmq::sockopt::router_mandatory, true);
  socket.bind(endpoint);
  return socket;
}

void receive_rest(zmq::socket_t& socket, zmq::message_t& frame) {
  if (!receive(socket, frame)) throw std::runtime_error("a message ends too early");
}

void send(zmq::socket_t& socket, zmq::message_t& frame, bool more) {
  if (!socket.send(frame, flags(more))) throw std::runtime_error("a peer is full");
}

void send(zmq::socket_t& socket, const void* bytes, std::size_t size, bool more) {
  zmq::message_t frame(bytes, size);
  send(socket, frame, more);
}

void wait_for_connection(zmq::socket_t& dealer) {
  std::vector<zmq::pollitem_t> items{{dealer.handle(), 0, ZMQ_POLLOUT, 0}};
  zmq::poll(items);
}

void wait_for_any(std::initializer_list<std::reference_wrapper<zmq::socket_t>> sockets) {
  std::vector<zmq::pollitem_t> items;
  for (zmq::socket_t& socket : sockets)
    items.push_back({socket.handle(), 0, ZMQ_POLLIN, 0});
  zmq::poll(items);
}

}  // namespace muster::bench
