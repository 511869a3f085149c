#include "protocol/loop_socket.hpp"

#include <array>
#include <cassert>
#include <optional>
#include <utility>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <poll.h>

namespace muster::wire {
namespace {

/// Frames of one pass: after so many the loop gets a chance to look at timers and other sockets.
constexpr int pass_frames_max = 256;

}  // namespace

// The descriptor is edge-triggered, and any call on the socket may swallow its signal. Hence: wait
// only after a look that found nothing, and look again after sending. A look costs two system
// calls, so one that found nothing counts until the socket is used again.
struct LoopSocket::State : std::enable_shared_from_this<State> {
  State(asio::io_context& loop, zmq::socket_t&& made, bool routes)
      : io(loop),
        socket(std::move(made)),
        is_router(routes),
        watch(loop, wire::descriptor(socket)) {}

  ~State() {
    // ZeroMQ owns the descriptor.
    watch.release();
  }

  void look_soon() {
    if (look_posted || closed) return;
    look_posted = true;
    asio::post(io, [self = shared_from_this()] {
      self->look_posted = false;
      if (self->dry) {
        self->wait();
      } else {
        self->pass();
      }
    });
  }

  void wait() {
    if (waiting || closed) return;
    waiting = true;
    watch.async_wait(asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](const asio::error_code& error) {
                       self->waiting = false;
                       self->dry = false;
                       if (!error) self->pass(std::exchange(self->refused, false));
                     });
  }

  bool take_one() {
    if (is_router) {
      std::optional<RoutedFrame> frame = receive_routed(socket);
      dry = !frame;
      if (frame) callback(frame->route, frame->frame);
      return frame.has_value();
    }
    std::optional<Received> frame = receive(socket);
    dry = !frame;
    if (frame) callback(0, *frame);
    return frame.has_value();
  }

  /// As many frames as one pass takes. Returns how many.
  int take() {
    int taken = 0;
    while (taken < pass_frames_max && !closed && callback && take_one())
      ++taken;
    return taken;
  }

  /// `sendable`: what the socket has refused may find the connection there now.
  void pass(bool sendable = false) {
    if (closed || !callback) return;
    const int taken = take();
    if (closed) return;
    if ((taken > 0 || sendable) && pass_end) pass_end();
    if (closed) return;
    if (!dry) look_soon();
    if (!look_posted) wait();
  }

  asio::io_context& io;
  zmq::socket_t socket;
  bool is_router;
  asio::posix::stream_descriptor watch;
  std::function<void(RouteId, Received&)> callback;
  std::function<void()> pass_end;
  bool waiting = false;
  bool look_posted = false;
  bool dry = false;      // looked at until there was nothing, and not used since
  bool refused = false;  // a frame, since the descriptor signalled last
  bool closed = false;
};

LoopSocket::LoopSocket(std::shared_ptr<State> state) : state_(std::move(state)) {}
LoopSocket::LoopSocket(LoopSocket&&) noexcept = default;

LoopSocket::~LoopSocket() {
  if (!state_) return;
  state_->closed = true;
  state_->callback = nullptr;
  state_->pass_end = nullptr;
  state_->watch.cancel();
  // The state dies with its last queued handler; the connection ends now.
  state_->watch.release();
  state_->socket.close();
}

LoopSocket LoopSocket::dealer(asio::io_context& io, zmq::context_t& context,
                              const std::string& endpoint, const PeerKeys& keys) {
  return LoopSocket(std::make_shared<State>(io, make_dealer(context, endpoint, keys), false));
}

LoopSocket LoopSocket::router(asio::io_context& io, zmq::context_t& context,
                              const std::string& endpoint) {
  return LoopSocket(std::make_shared<State>(io, make_router(context, endpoint), true));
}

void LoopSocket::bind(const std::string& endpoint) {
  state_->socket.bind(endpoint);
}

void LoopSocket::let_in_by_key(const KeyPair& server) {
  wire::let_in_by_key(state_->socket, server);
}

std::string LoopSocket::bind_tcp(const std::string& address, std::uint16_t port) {
  return wire::bind_tcp(state_->socket, address, port);
}

void LoopSocket::on_routed_frame(std::function<void(RouteId, Received&)> callback) {
  state_->callback = std::move(callback);
  state_->look_soon();
}

void LoopSocket::on_frame(std::function<void(std::span<const std::byte>)> callback) {
  on_routed_frame(
      [callback = std::move(callback)](RouteId, Received& frame) { callback(bytes_of(frame)); });
}

void LoopSocket::on_pass_end(std::function<void()> callback) {
  state_->pass_end = std::move(callback);
}

bool LoopSocket::send(detail::Buffer frame) {
  const Sent sent = wire::send(state_->socket, frame);
  state_->dry = false;
  if (sent != Sent::yes) state_->refused = true;
  state_->look_soon();
  return sent == Sent::yes;
}

bool LoopSocket::dry() const {
  return state_->dry;
}

int LoopSocket::take_pass() {
  return state_->take();
}

void LoopSocket::look_soon() {
  if (!state_->dry) state_->look_soon();
}

void LoopSocket::stir(std::initializer_list<LoopSocket*> sockets) {
  std::array<pollfd, 4> fds;
  assert(sockets.size() <= fds.size());
  nfds_t count = 0;
  for (LoopSocket* socket : sockets)
    fds[count++] = {socket->state_->watch.native_handle(), POLLIN, 0};
  if (::poll(fds.data(), count, 0) <= 0) return;
  count = 0;
  for (LoopSocket* socket : sockets) {
    if (fds[count++].revents != 0) socket->state_->dry = false;
  }
}

void LoopSocket::drain() {
  while (!state_->closed && state_->callback && state_->take_one()) {
  }
  state_->look_soon();
}

Sent LoopSocket::send_to(RouteId route, Frame& frame) {
  state_->dry = false;
  return wire::send_to(state_->socket, route, frame);
}

}  // namespace muster::wire
