#pragma once
// A whole cluster in one thread, of the state machines alone: one client, the controller, one node
// and its engines pass frames to each other by function calls. No socket, no thread, and a clock
// that moves only when it is told to, so that the same run executes the same instructions.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "client/session.hpp"
#include "controller/core.hpp"
#include "engine/session.hpp"
#include "launcher/node_session.hpp"

namespace muster::bench {

class Loopback {
 public:
  /// `credit` is that of each engine.
  Loopback(std::size_t engines, std::uint32_t credit);

  /// Submits so many tasks, each with a result of its own, and runs all of them. Throws
  /// std::logic_error when some don't end.
  void run(std::size_t tasks);

 private:
  using Instant = wire::Instant;
  using FramePtr = std::unique_ptr<wire::Frame>;

  struct Engine {
    Engine(const engine::Session::Config& config, Instant now, controller::RouteId route)
        : session(config, now), route(route) {}

    engine::Session session;
    const controller::RouteId route;
    std::vector<wire::Frame> control_in;
    std::vector<wire::Frame> task_in;
  };
  struct Sent {
    controller::Port port;
    controller::RouteId route;
    wire::Frame frame;
  };

  bool exchange();
  void client_submits(std::size_t tasks);
  bool client_sends();
  bool client_receives();
  bool controller_passes();
  bool engine_works(Engine& engine);
  void node_works();
  void carry_out(const std::vector<launcher::NodeOrder>& orders);
  void deliver(controller::OutFrame out);

  Instant now_;
  controller::Core core_;
  client::Session client_;
  launcher::NodeSession node_;
  std::vector<std::unique_ptr<Engine>> engines_;
  std::unordered_map<controller::RouteId, Engine*> engine_at_;
  std::vector<Sent> to_controller_;
  std::vector<wire::Frame> client_control_in_;
  std::vector<wire::Frame> client_task_in_;
  std::vector<wire::Frame> node_in_;
  detail::Buffer result_;
};

}  // namespace muster::bench
