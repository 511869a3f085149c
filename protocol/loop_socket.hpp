#pragma once
// A ZeroMQ socket on an Asio loop: the only class that joins the two.

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>

#include <asio/io_context.hpp>
#include <zmq.hpp>

#include <muster/detail/buffer.hpp>

#include "protocol/socket.hpp"

namespace muster::wire {

/// All members and callbacks on the loop's thread. The socket closes with this object; callbacks
/// may not destroy it.
class LoopSocket {
 public:
  static LoopSocket dealer(asio::io_context& io, zmq::context_t& context,
                           const std::string& endpoint, const PeerKeys& keys = {});
  static LoopSocket router(asio::io_context& io, zmq::context_t& context,
                           const std::string& endpoint);
  /// One more endpoint for a router. Throws zmq::error_t when it can't be bound.
  void bind(const std::string& endpoint);
  /// The same over TCP, for those whose key is known; how it is called. The socket's own address
  /// comes before: what was bound earlier asks for no key.
  std::string bind_tcp(const std::string& address, std::uint16_t port);
  void let_in_by_key(const KeyPair& server);
  LoopSocket(LoopSocket&&) noexcept;
  ~LoopSocket();

  /// Gets each frame; `route` is 0 on a dealer.
  void on_routed_frame(std::function<void(RouteId, Received&)> callback);
  void on_frame(std::function<void(std::span<const std::byte>)> callback);
  /// Called when some frames were given out and the socket is dry, or the pass has been long
  /// enough: time to decide and to send. Also when a dealer that has refused a frame may take it
  /// now. Other sockets' frames may be taken in it, by `take_pass`.
  void on_pass_end(std::function<void()> callback);

  /// On a dealer. False when it can't be sent now; the frame is lost, and the gap in the link's
  /// sequence tells. It can be when the connection is there: on_pass_end says when.
  bool send(detail::Buffer frame);
  /// On a router; takes the frame only when it answers Sent::yes. The socket isn't dry any more:
  /// whoever sends calls take_pass() or look_soon() before it returns to the loop, once for all
  /// that it has sent.
  Sent send_to(RouteId route, Frame& frame);

  /// It was looked at until there was nothing, and not used since.
  bool dry() const;
  /// Gives out the frames that wait, as many as one pass takes, without a call of on_pass_end.
  /// Returns how many.
  int take_pass();
  /// Has the loop look at it, unless it is dry.
  void look_soon();
  /// Those for which something has arrived aren't dry any more; one system call for all of them.
  static void stir(std::initializer_list<LoopSocket*> sockets);
  /// Gives out every frame that has arrived, without a call of on_pass_end.
  void drain();

 private:
  struct State;
  explicit LoopSocket(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace muster::wire
