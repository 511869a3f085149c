#pragma once
// Tasks of all clients of a cluster, as its controller remembers them.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <muster/criterion.hpp>
#include <muster/task_id.hpp>
#include <muster/task_info.hpp>

namespace muster {

/// Which tasks are meant: those that meet every member that is given. What isn't known of a task,
/// as the engine of one that never started, meets nothing but not_equal_to and none_of.
///
///   client.history({.label = "anneal*", .status = Status::failed})
///   client.history({.function = "simulate*", .run = greater_than(1s) && less_than(1min)})
///   client.history({.engine = one_of({0, 2}), .completed = at_least(system_clock::now() - 1h)})
struct HistoryQuery {
  using Time = std::chrono::system_clock::time_point;

  Criterion<TaskId> id{};
  Criterion<std::uint32_t> session{};  ///< TaskId::session: the tasks of one client
  Criterion<std::string> label{};      ///< ViewOptions::label
  Criterion<std::string> key{};        ///< ViewOptions::key; not of items of a map
  Criterion<Status> status{};
  Criterion<std::string> function{};  ///< "simulate(double)", as in `muster history`
  Criterion<std::string> program{};   ///< the path of the client's program
  Criterion<int> engine{};            ///< of the latest attempt
  Criterion<std::string> host{};      ///< that engine's
  Criterion<int> attempts{};
  Criterion<Time> submitted{};
  Criterion<Time> started{};
  Criterion<Time> completed{};                ///< when its outcome was known
  Criterion<std::chrono::nanoseconds> run{};  ///< what the latest attempt took
  std::size_t limit = 0;                      ///< the latest so many; 0: all
};

/// What is remembered of one task, or of `items` neighbours of a map that came to their end
/// together: their ids are consecutive from `id` on. The engine of one that is open is the one that
/// has it, if one has.
struct TaskRecord : TaskInfo {
  TaskId id{};
  std::size_t items = 1;
  /// How it has ended: "value", "exception", "cancelled", "quarantined", "timed out", "engine
  /// lost", "image failed", "impossible", "unmet", "reused key", "lost"; empty while it is
  /// open.
  std::string ending{};
  /// It is open and has begun; said of what has run for some milliseconds, and of the first of
  /// several items only. When it has, `started` says to a second, or not yet.
  bool running = false;
  /// Why it failed, in the words of its error; only of a cluster that keeps its history in a file
  /// (muster start --db), and not of one that is as large as results may be.
  std::string error{};
  std::string label{};
  std::string key{};
  std::string function{};
  std::string program{};        ///< of the client that submitted it
  std::int64_t client_pid = 0;  ///< that client's process
  std::string client_host{};
};

/// What an engine has to do.
struct EngineQueue {
  int engine = -1;
  std::string host{};
  bool ready = false;         ///< it takes tasks
  std::size_t held = 0;       ///< tasks that it has, the one that it runs among them
  std::size_t completed = 0;  ///< tasks that it has ended, of all clients
};

struct QueueStatus {
  std::vector<EngineQueue> engines{};
  std::size_t waiting = 0;  ///< tasks of all clients that no engine has
};

namespace detail {

class Connection;

/// In the order in which they ended; those that are open come last.
std::vector<TaskRecord> history(const std::shared_ptr<Connection>& connection,
                                const HistoryQuery& query);
QueueStatus queue_status(const std::shared_ptr<Connection>& connection);

}  // namespace detail
}  // namespace muster
