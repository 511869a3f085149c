#pragma once
// The boundary between the typed layer, which ends here, and the client's connection: everything
// below is bytes. Any of these may be called from any thread.

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include <muster/client_options.hpp>
#include <muster/detail/bound_value.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/hole.hpp>
#include <muster/stream_output.hpp>
#include <muster/task_id.hpp>
#include <muster/task_info.hpp>
#include <muster/task_output.hpp>
#include <muster/view_options.hpp>

namespace muster::detail {

/// One client of one cluster.
class Connection;
/// One submitted task. Shared: dropping it neither cancels nor waits.
class Pending;
using PendingPtr = std::shared_ptr<Pending>;

/// Finds the cluster and says HELLO. Throws NoCluster, ConnectionLost, and ClusterError when this
/// program lacks the link options that it needs. Null in a process that is marked as an engine and
/// doesn't serve yet: whatever is built there is inert.
std::shared_ptr<Connection> connect(const ClientOptions& options);

/// Takes the arguments' body, into whose holes the cluster puts what these tasks give, and the
/// bound values that it names. It runs on this engine and no other (rule 17), or if that is -1 on
/// any that the options allow. Returns at once while the client's window has room, else blocks
/// until it has. Throws WouldBlock, ConnectionLost, TooLarge.
PendingPtr submit(const std::shared_ptr<Connection>& connection, const Entry& entry,
                  Buffer arguments, const ViewOptions& options, std::vector<Hole> holes = {},
                  int engine = -1, BoundValues values = {});

/// The same for a value that is pushed to one engine: what is submitted after it and may run there
/// finds it.
PendingPtr submit_push(const std::shared_ptr<Connection>& connection, const Entry& entry,
                       Buffer arguments, const ViewOptions& options, int engine,
                       BoundValues values = {});

/// How many engines the cluster has, as far as is known; 0 when nothing is.
std::size_t engines(const std::shared_ptr<Connection>& connection);
/// Their ids, ascending, as the cluster said last; the first call waits for that, and for the
/// engines of an embedded cluster.
/// Throws ConnectionLost, and ClusterError when there is no connection.
std::vector<int> engine_ids(const std::shared_ptr<Connection>& connection);
/// Throws ClusterError when there is no connection.
void refuse_without(const std::shared_ptr<Connection>& connection);

/// Blocks until the task has an outcome.
void wait(const PendingPtr& task);
/// The same, with an end; false when that came first.
bool wait_until(const PendingPtr& task, std::chrono::steady_clock::time_point end);
/// The task has an outcome.
bool ready(const PendingPtr& task);
/// The outcome is a value. Requires ready.
bool successful(const PendingPtr& task);
/// The result's body, which lives as long as the task, or else throws the task's error. Requires
/// ready.
std::span<const std::byte> value(const PendingPtr& task);
TaskInfo info(const PendingPtr& task);
TaskId id(const PendingPtr& task);
/// What it has written, as far as that has arrived; all of it when it is ready.
TaskOutput output(const PendingPtr& task);
/// What has arrived of that since the last call with this place.
TaskOutput output_since(const PendingPtr& task, OutputRead& read);
/// The body of what it has published last; empty when there is nothing.
Buffer published(const PendingPtr& task);
/// How far it says that it has come, between 0 and 1; 0 when it has ended.
double running(const PendingPtr& task);
/// Returns when it is known which came first, the wish or an outcome.
CancelOutcome cancel(const PendingPtr& task);
/// Says the wish and doesn't wait for what becomes of it.
void wish_cancel(const PendingPtr& task);

}  // namespace muster::detail
