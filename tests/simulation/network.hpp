#pragma once
// Connections between peers and the controller, as ZeroMQ gives them: each socket keeps its order,
// takes its time, and can be cut, which loses what is under way and gives the peer a new route.
// Beyond that a connection may have bad weather for a while.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "controller/address.hpp"
#include "protocol/frame.hpp"
#include "tests/simulation/world.hpp"

namespace muster::simulation {

using controller::Port;
using controller::RouteId;

/// What happens to the frames of one connection, in both directions, until it is over. ZeroMQ over
/// a stream delays frames and holds them back while a host can't be reached; it neither doubles nor
/// reorders nor drops single frames. This network does all of it, as a relay or a datagram
/// transport below would: the link's checks of sequences could otherwise be wrong, or missing, and
/// nothing would ever tell.
struct Weather {
  Instant until{};
  Duration delay_max{};     ///< each frame takes up to this much longer
  unsigned duplicated = 0;  ///< percent: arrives once more, later
  unsigned reordered = 0;   ///< percent: later frames overtake it
  bool parted = false;      ///< nothing comes through before the end
  bool loses = false;       ///< what was sent while parted never does
};

/// A message under way: nobody changes it, and it may arrive twice.
using FramePtr = std::shared_ptr<const wire::Frame>;

/// One peer's two sockets. Peers without a task socket use only the control one.
class Connection {
 public:
  using Receive = std::function<void(Port, FramePtr)>;

  bool alive() const { return alive_; }

 private:
  friend class Network;
  struct Socket {
    RouteId route = 0;
    std::uint64_t generation = 0;
    Instant last_up{};  // no frame may overtake an earlier one
    Instant last_down{};
  };
  Port task_port = Port::control;
  std::array<Socket, 2> sockets_;  // control, task
  Receive receive_;
  Weather weather_;
  bool alive_ = true;
};
using ConnectionPtr = std::shared_ptr<Connection>;

class Network {
 public:
  using Deliver = std::function<void(Port, RouteId, FramePtr)>;
  using Unreachable = std::function<void(Port, RouteId)>;

  Network(World& world, Deliver deliver, Unreachable unreachable)
      : world_(world), deliver_(std::move(deliver)), unreachable_(std::move(unreachable)) {}

  /// `task_port` is Port::control for peers without a task socket.
  ConnectionPtr connect(Port task_port, Connection::Receive receive);
  /// Peer to controller.
  void send(const ConnectionPtr& connection, Port port, wire::Frame frame);
  /// Controller to peer.
  void send(controller::OutFrame out);

  enum class Cut { control, task, both };
  void cut(const ConnectionPtr& connection, Cut which);
  /// Every connection, because the controller has ended. What is under way is lost.
  void cut_all();
  /// Replaces the weather that the connection has.
  void set_weather(const ConnectionPtr& connection, const Weather& weather);
  /// The peer is gone. What it had sent arrives, up to a random instant unless `loses_nothing`.
  void close(const ConnectionPtr& connection, bool loses_nothing);

  struct Counts {
    std::uint64_t doubled = 0;
    std::uint64_t overtaken = 0;
    std::uint64_t lost = 0;
  };
  /// What the weather did to frames.
  const Counts& counts() const { return counts_; }

 private:
  struct Route {
    std::weak_ptr<Connection> connection;
    bool ended = false;
    Instant known{};  // sends before this vanish, later ones are refused; max: always vanish
  };
  using Arrive = std::function<void(FramePtr)>;

  void replace(Connection& connection, std::size_t socket, const ConnectionPtr& owner);
  void end_route(RouteId route, Instant earliest);
  static std::size_t index_of(Port port) { return port == Port::control ? 0 : 1; }
  Duration latency();
  void carry(const Weather& weather, Instant& last, wire::Frame frame, Arrive arrive);

  World& world_;
  Deliver deliver_;
  Unreachable unreachable_;
  std::map<RouteId, Route> routes_;
  RouteId last_route_ = 0;
  Counts counts_;
};

}  // namespace muster::simulation
