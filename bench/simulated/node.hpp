#pragma once
// A node whose engines are simulated: it answers a controller's orders like any other.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <zmq.hpp>

#include "bench/simulated/engine.hpp"
#include "launcher/node_session.hpp"

namespace muster::bench {

class SimulatedNode {
 public:
  /// `on_engine` is called for each engine that begins.
  SimulatedNode(zmq::context_t& context, SimulatedEngine::Endpoints endpoints,
                const launcher::NodeSession::Config& config,
                std::function<void(SimulatedEngine&)> on_engine);

  int descriptor();
  void serve(Instant now);
  /// To be called now and then; looks after the engines, too.
  void look(Instant now);

  /// The controller has sent it away.
  bool left() const { return left_; }
  std::size_t open_engines() const;

 private:
  struct Key {
    std::uint32_t engine;
    wire::Digest image;
    auto operator<=>(const Key&) const = default;
  };

  void carry_out(const launcher::NodeOrder& order, Instant now);
  void fill(const launcher::FillOrder& order, Instant now);
  void end(const launcher::EndOrder& order, Instant now);
  bool send();

  zmq::context_t& context_;
  const SimulatedEngine::Endpoints endpoints_;
  const launcher::NodeSession::Config config_;
  std::function<void(SimulatedEngine&)> on_engine_;
  zmq::socket_t socket_;
  launcher::NodeSession session_;
  std::deque<detail::Buffer> frames_;  // not taken by the socket yet
  std::map<Key, std::unique_ptr<SimulatedEngine>> engines_;
  bool left_ = false;
};

}  // namespace muster::bench
