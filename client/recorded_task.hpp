#pragma once
// What a task was to do that has ended, as its cluster remembers it.

#include <memory>

#include <muster/detail/pending.hpp>
#include <muster/task_id.hpp>

#include "protocol/recorded_task.hpp"

namespace muster::client {

struct Recorded {
  wire::RecordedTask task;
  detail::PendingPtr arguments;  ///< a task of this connection, whose value they are, encoded
};

/// Blocks for a round trip. Throws ClusterError when it can't be had, and says why.
Recorded recorded_task(const std::shared_ptr<detail::Connection>& connection, const TaskId& id);

}  // namespace muster::client
