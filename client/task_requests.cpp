#include <string>
#include <utility>

#include <muster/detail/task_requests.hpp>
#include <muster/error.hpp>

#include "client/connection.hpp"
#include "client/session_names.hpp"
#include "protocol/question.hpp"

namespace muster::detail {
namespace {

/// Refused at once when there is nothing to stand for; a race after that is an error of the task.
PendingPtr stand_in(const std::shared_ptr<Connection>& connection, const TaskId& id,
                    wire::StandIn::What what) {
  refuse_without(connection);
  const wire::StandIn wanted{id.session, id.number, what};
  try {
    connection->ask(wire::Topic::look, wire::pack(wanted));
  } catch (const ConnectionLost&) {
    throw;
  } catch (const WouldBlock&) {
    throw;
  } catch (const ClusterError& error) {
    throw ClusterError("task " + id.text() + ": " + error.what());
  }
  return connection->stand_in(wanted);
}

}  // namespace

PendingPtr result_of(const std::shared_ptr<Connection>& connection, const TaskId& id) {
  return stand_in(connection, id, wire::StandIn::result);
}

PendingPtr run_again(const std::shared_ptr<Connection>& connection, const TaskId& id) {
  return stand_in(connection, id, wire::StandIn::again);
}

CancelOutcome cancel(const std::shared_ptr<Connection>& connection, const TaskId& id) {
  refuse_without(connection);
  const wire::TaskNames names{{id.session}, {id.number}};
  const std::string bytes = connection->ask(wire::Topic::cancel, wire::pack(names));
  const auto answer = wire::unpack<wire::CancelsMet>(wire::bytes_of(bytes));
  if (!answer || answer->met.size() != 1 || answer->met.front() == wire::CancelsMet::unknown)
    throw ClusterError("task " + id.text() + ": the controller knows no such task");
  switch (static_cast<wire::CancelAnswer>(answer->met.front())) {
    case wire::CancelAnswer::returned:
      return CancelOutcome::cancelled;
    case wire::CancelAnswer::running:
      return CancelOutcome::running;
    default:
      return CancelOutcome::finished;
  }
}

std::size_t purge(const std::shared_ptr<Connection>& connection, const std::vector<TaskId>& ids) {
  refuse_without(connection);
  wire::TaskNames names;
  for (const TaskId& id : ids) {
    names.sessions.push_back(id.session);
    names.counters.push_back(id.number);
  }
  const std::string bytes = connection->ask(wire::Topic::purge, wire::pack(names));
  const auto answer = wire::unpack<wire::Purged>(wire::bytes_of(bytes));
  return answer ? static_cast<std::size_t>(answer->tasks) : 0;
}

SessionFacts attach(const std::shared_ptr<Connection>& connection, const Session& session) {
  refuse_without(connection);
  const client::SessionNames names = client::names_in(session.text());
  if (names.cluster != connection->cluster()) {
    throw ClusterError("this session is of another cluster, or of one that was there before (" +
                       names.cluster.hex().substr(0, 8) + "…; this one is " +
                       connection->cluster().hex().substr(0, 8) + "…)");
  }
  const wire::SessionName name{raw(names.session)};
  const std::string bytes = connection->ask(wire::Topic::attach, wire::pack(name));
  auto state = wire::unpack<wire::SessionState>(wire::bytes_of(bytes));
  if (!state) throw ClusterError("the controller's answer about the session can't be read");
  return {wire::first_bits(names.session), state->connected, state->pid, std::move(state->host),
          std::move(state->program)};
}

}  // namespace muster::detail
