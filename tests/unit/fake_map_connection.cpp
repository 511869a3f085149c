#include "tests/unit/fake_map_connection.hpp"

#include <span>
#include <stdexcept>

#include <muster/detail/failure.hpp>
#include <muster/error.hpp>

#include "tests/unit/fake_context.hpp"

namespace muster::detail {

PendingPtr try_submit(const std::shared_ptr<Connection>& connection, const Entry& entry,
                      Buffer& arguments, const ViewOptions&,
                      const std::shared_ptr<Completions>& completions, std::size_t index) {
  if (connection->lost) throw ConnectionLost("the connection has ended");
  if (arguments.size() > connection->argument_bytes_max) {
    throw TooLarge("message", arguments.size(), connection->argument_bytes_max);
  }
  if (connection->submitted >= connection->credit) return nullptr;
  ++connection->submitted;
  auto task = std::make_shared<Pending>();
  task->index = index;
  task->completions = completions;
  test::FakeContext context;
  try {
    entry.thunk(arguments.bytes(), context, task->body);
  } catch (...) {
    task->failed = true;
    task->body.clear();
    encode_current_exception(task->body);
  }
  arguments = {};
  connection->tasks.push_back(task);
  connection->open.push_back(task);
  return task;
}

bool wait_for_completion(const std::shared_ptr<Connection>& connection,
                         const Completions& completions, bool for_room,
                         std::chrono::steady_clock::time_point) {
  if (!completions.empty()) return true;
  if (for_room && (connection->submitted < connection->credit || connection->lost)) return true;
  ++connection->waits;
  if (!connection->when_waiting) throw std::logic_error("this would wait for ever");
  connection->when_waiting(*connection);
  return true;
}

std::span<const std::byte> value(const PendingPtr& task) {
  if (!task->done) throw std::logic_error("the value of a task that has not ended");
  if (task->lost) throw ConnectionLost("the connection has ended");
  if (task->cancel_wished) throw Cancelled("cancelled");
  if (task->failed) rethrow_failure(task->body.bytes(), 0, {});
  return task->body.bytes();
}

void wish_cancel(const PendingPtr& task) {
  task->cancel_wished = true;
}

}  // namespace muster::detail
