#pragma once
// What a client asks for tasks by their ids, its own or others'.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <muster/detail/pending.hpp>
#include <muster/error.hpp>
#include <muster/session.hpp>
#include <muster/task_id.hpp>

namespace muster::detail {

/// A task of this connection that gets that one's outcome. Throws ClusterError when it can't be
/// had, and says why.
PendingPtr result_of(const std::shared_ptr<Connection>& connection, const TaskId& id);
/// One that does again what that one did.
PendingPtr run_again(const std::shared_ptr<Connection>& connection, const TaskId& id);
CancelOutcome cancel(const std::shared_ptr<Connection>& connection, const TaskId& id);
/// Returns how many are forgotten; no ids: all that have ended.
std::size_t purge(const std::shared_ptr<Connection>& connection, const std::vector<TaskId>& ids);

/// What is known of a session when a client attaches to it.
struct SessionFacts {
  std::uint32_t first_bits = 0;
  bool connected = false;
  std::int64_t pid = 0;
  std::string host;
  std::string program;
};
SessionFacts attach(const std::shared_ptr<Connection>& connection, const Session& session);

}  // namespace muster::detail
