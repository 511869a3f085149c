#include "tests/simulation/network.hpp"

#include <algorithm>
#include <set>

namespace muster::simulation {
namespace {

constexpr Duration latency_max = 30ms;

}  // namespace

ConnectionPtr Network::connect(Port task_port, Connection::Receive receive) {
  auto connection = std::make_shared<Connection>();
  connection->task_port = task_port;
  connection->receive_ = std::move(receive);
  replace(*connection, 0, connection);
  if (task_port != Port::control) replace(*connection, 1, connection);
  return connection;
}

void Network::replace(Connection& connection, std::size_t socket, const ConnectionPtr& owner) {
  Connection::Socket& place = connection.sockets_[socket];
  place.route = ++last_route_;
  ++place.generation;
  routes_[place.route] = Route{owner, false, {}};
}

Duration Network::latency() {
  // Mostly quick, sometimes slow enough for the other socket to overtake by far.
  return world_.random.chance(90) ? world_.random.between(20us, 400us)
                                  : world_.random.between(400us, latency_max);
}

/// Brings a frame to its end: behind the one before it, `last`, unless the weather says otherwise.
void Network::carry(const Weather& weather, Instant& last, wire::Frame sent, Arrive arrive) {
  const auto frame = std::make_shared<const wire::Frame>(std::move(sent));
  const auto deliver_at = [&](Instant when) {
    world_.at(when, [arrive, frame] { arrive(frame); });
  };
  Instant when = world_.now() + latency();
  if (world_.now() < weather.until) {
    if (weather.parted && weather.loses) {
      ++counts_.lost;
      return;
    }
    if (weather.parted) when += weather.until - world_.now();
    when += world_.random.between(Duration::zero(), weather.delay_max);
    if (world_.random.chance(weather.duplicated)) {
      ++counts_.doubled;
      deliver_at(std::max(last, when) + world_.random.between(1us, 50ms));
    }
    if (world_.random.chance(weather.reordered)) {
      ++counts_.overtaken;
      deliver_at(std::max(last, when) + world_.random.between(1us, 50ms));
      return;
    }
  }
  last = std::max(last + 1ns, when);
  deliver_at(last);
}

void Network::send(const ConnectionPtr& connection, Port port, wire::Frame frame) {
  if (!connection->alive_) return;
  Connection::Socket& socket = connection->sockets_[index_of(port)];
  carry(connection->weather_, socket.last_up, std::move(frame),
        [this, connection, port, generation = socket.generation,
         route = socket.route](const FramePtr& arrived) {
          if (connection->sockets_[index_of(port)].generation != generation) return;
          deliver_(port, route, arrived);
        });
}

void Network::send(controller::OutFrame out) {
  Route& route = routes_[out.route];
  const ConnectionPtr connection = route.connection.lock();
  if (route.ended || !connection) {
    if (world_.now() >= route.known) unreachable_(out.port, out.route);
    return;
  }
  Connection::Socket& socket = connection->sockets_[index_of(out.port)];
  carry(connection->weather_, socket.last_down, std::move(out.frame),
        [connection, port = out.port, generation = socket.generation](const FramePtr& arrived) {
          if (!connection->alive_) return;
          if (connection->sockets_[index_of(port)].generation != generation) return;
          connection->receive_(port, arrived);
        });
}

void Network::set_weather(const ConnectionPtr& connection, const Weather& weather) {
  connection->weather_ = weather;
}

void Network::end_route(RouteId id, Instant earliest) {
  Route& route = routes_[id];
  route.ended = true;
  const bool never = world_.random.chance(10);
  route.known = never ? Instant::max() : earliest + world_.random.between(Duration::zero(), 500ms);
}

void Network::cut(const ConnectionPtr& connection, Cut which) {
  if (!connection->alive_) return;
  if (which != Cut::task) {
    end_route(connection->sockets_[0].route, world_.now());
    replace(*connection, 0, connection);
  }
  if (which != Cut::control && connection->task_port != Port::control) {
    end_route(connection->sockets_[1].route, world_.now());
    replace(*connection, 1, connection);
  }
}

void Network::cut_all() {
  std::set<ConnectionPtr> connections;
  for (const auto& [id, route] : routes_) {
    const ConnectionPtr connection = route.connection.lock();
    if (connection && !route.ended) connections.insert(connection);
  }
  for (const ConnectionPtr& connection : connections)
    cut(connection, Cut::both);
}

void Network::close(const ConnectionPtr& connection, bool loses_nothing) {
  if (!connection->alive_) return;
  connection->alive_ = false;
  const Instant last =
      world_.now() +
      (loses_nothing ? latency_max : world_.random.between(Duration::zero(), latency_max));
  // A connection's end is seen after what was read from it.
  end_route(connection->sockets_[0].route, last);
  if (connection->task_port != Port::control) end_route(connection->sockets_[1].route, last);
  world_.at(last, [connection] {
    for (Connection::Socket& socket : connection->sockets_)
      ++socket.generation;
  });
}

}  // namespace muster::simulation
