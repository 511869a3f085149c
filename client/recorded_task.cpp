#include "client/recorded_task.hpp"

#include <string>
#include <utility>

#include <muster/error.hpp>

#include "client/connection.hpp"
#include "protocol/question.hpp"

namespace muster::client {

Recorded recorded_task(const std::shared_ptr<detail::Connection>& connection, const TaskId& id) {
  detail::refuse_without(connection);
  const wire::StandIn wanted{id.session, id.number, wire::StandIn::arguments};
  std::string bytes;
  try {
    bytes = connection->ask(wire::Topic::recorded, wire::pack(wanted));
  } catch (const ConnectionLost&) {
    throw;
  } catch (const ClusterError& error) {
    throw ClusterError("task " + id.text() + ": " + error.what());
  }
  auto task = wire::unpack<wire::RecordedTask>(wire::bytes_of(bytes));
  if (!task) throw ClusterError("task " + id.text() + ": the controller's answer can't be read");
  return {std::move(*task), connection->stand_in(wanted)};
}

}  // namespace muster::client
