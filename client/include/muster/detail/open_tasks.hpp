#pragma once
// All that a connection has submitted and that has no outcome yet: tasks, and items of maps.

#include <chrono>
#include <cstddef>
#include <memory>

namespace muster::detail {

class Connection;

std::size_t open_tasks(const std::shared_ptr<Connection>& connection);
/// Until there are none, or the connection is lost; false when `end` came first.
bool wait_for_open_tasks(const std::shared_ptr<Connection>& connection,
                         std::chrono::steady_clock::time_point end);
/// Wishes that all of them be cancelled, without waiting.
void cancel_open_tasks(const std::shared_ptr<Connection>& connection);

}  // namespace muster::detail
