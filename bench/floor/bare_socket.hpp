#pragma once
// The sockets of a bare broker, used in the best way known: drained until they are dry, never
// polled before each message, and with the options that a careful program sets.

#include <functional>
#include <initializer_list>
#include <string>

#include <zmq.hpp>

namespace muster::bench {

zmq::socket_t make_dealer(zmq::context_t& context, const std::string& endpoint);
zmq::socket_t make_router(zmq::context_t& context, const std::string& endpoint);

/// Takes one frame if there is one. Never waits.
inline bool receive(zmq::socket_t& socket, zmq::message_t& frame) {
  return socket.recv(frame, zmq::recv_flags::dontwait).has_value();
}

/// The frames of one message are there together.
void receive_rest(zmq::socket_t& socket, zmq::message_t& frame);

/// Never waits: the window bounds what is under way, so a full peer is a bug and throws.
void send(zmq::socket_t& socket, zmq::message_t& frame, bool more);
void send(zmq::socket_t& socket, const void* bytes, std::size_t size, bool more);
/// Until a dealer has somebody to send to.
void wait_for_connection(zmq::socket_t& dealer);

/// Sleeps until one of the sockets has something to read.
void wait_for_any(std::initializer_list<std::reference_wrapper<zmq::socket_t>> sockets);

}  // namespace muster::bench
