#pragma once
// An engine that answers each task at once, with its own session and sockets but without a process
// or a function.

#include <deque>
#include <string>

#include <zmq.hpp>

#include "engine/session.hpp"
#include "protocol/frame.hpp"

namespace muster::bench {

using wire::Instant;

class SimulatedEngine {
 public:
  struct Endpoints {
    std::string task;
    std::string control;
  };

  SimulatedEngine(zmq::context_t& context, const Endpoints& endpoints,
                  const engine::Session::Config& config, Instant now);

  /// Become readable when it should serve: hints, edge triggered.
  int task_descriptor();
  int control_descriptor();

  /// Takes what has arrived, runs what there is to run, and sends what that leads to.
  void serve(Instant now);
  /// The same, but only when its session is due or something couldn't be sent. To be called now
  /// and then.
  void look(Instant now);

  bool open() const { return session_.peer_link().open(); }

 private:
  bool receive(Instant now);
  void run(Instant now);
  bool send(Instant now);

  zmq::socket_t task_socket_;
  zmq::socket_t control_socket_;
  engine::Session session_;
  std::deque<wire::Frame> task_frames_;  // not taken by the socket yet
  std::deque<detail::Buffer> control_frames_;
};

}  // namespace muster::bench
