#include "client/lingering_connections.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "client/connection.hpp"

namespace muster::client {

LingeringConnections& LingeringConnections::of_this_process() {
  static LingeringConnections connections;
  return connections;
}

LingeringConnections::~LingeringConnections() {
  for (const auto& connection : connections_)
    connection->close();
}

void LingeringConnections::add(std::shared_ptr<detail::Connection> connection) {
  std::vector<std::shared_ptr<detail::Connection>> ended;
  {
    const std::scoped_lock lock(mutex_);
    const auto first_ended =
        std::stable_partition(connections_.begin(), connections_.end(),
                              [](const auto& lingering) { return !lingering->has_left(); });
    ended.assign(std::make_move_iterator(first_ended), std::make_move_iterator(connections_.end()));
    connections_.erase(first_ended, connections_.end());
    connections_.push_back(std::move(connection));
  }
  for (const auto& connection_of_before : ended)
    connection_of_before->close();
}

}  // namespace muster::client
