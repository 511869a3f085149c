#pragma once
// The tasks of another program, or of an earlier run of this one.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <muster/async_result.hpp>
#include <muster/detail/pending.hpp>
#include <muster/detail/task_requests.hpp>
#include <muster/history.hpp>

namespace muster {

/// Looks at a session, of a client that is still there or of one that has left or died, and takes
/// nothing away: several programs may be attached to one, and what they read stays. New tasks are
/// the attaching client's own. Shares the connection of the client that made it. All members may be
/// called from any thread, and throw as Client::history does.
class AttachedSession {
 public:
  AttachedSession(std::shared_ptr<detail::Connection> connection, detail::SessionFacts facts)
      : connection_(std::move(connection)), facts_(std::move(facts)) {}

  // Of the program that submitted its tasks, when this was made.

  bool connected() const { return facts_.connected; }  ///< it is still there
  std::int64_t pid() const { return facts_.pid; }
  const std::string& host() const { return facts_.host; }
  const std::string& program() const { return facts_.program; }

  /// Client::history, of its tasks only.
  std::vector<TaskRecord> history(HistoryQuery query = {}) const {
    query.session = std::move(query.session) && Criterion<std::uint32_t>(facts_.first_bits);
    return detail::history(connection_, query);
  }

  /// The result of one of its tasks, as Client::get_result.
  template <class T>
  AsyncResult<T> get_result(const TaskId& id) const {
    return AsyncResult<T>(detail::result_of(connection_, id));
  }

  /// Blocks until each of its tasks that are open now has ended.
  void wait() const {
    std::vector<detail::PendingPtr> open;
    for (const TaskRecord& task : history({.status = Status::open})) {
      for (std::size_t item = 0; item < task.items; ++item) {
        const TaskId id{task.id.session, task.id.number + item};
        open.push_back(detail::result_of(connection_, id));
      }
    }
    for (const detail::PendingPtr& task : open)
      detail::wait(task);
  }

 private:
  std::shared_ptr<detail::Connection> connection_;
  detail::SessionFacts facts_;
};

}  // namespace muster
