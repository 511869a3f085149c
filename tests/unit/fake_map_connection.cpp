#include "tests/unit/fake_map_connection.hpp"

#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include <muster/detail/batch.hpp>
#include <muster/detail/failure.hpp>
#include <muster/error.hpp>

#include "tests/unit/fake_context.hpp"

namespace muster::detail {
namespace {

using namespace std::chrono_literals;

class FakeBatch final : public Batch {
 public:
  FakeBatch(std::shared_ptr<Connection> connection, const Entry& entry,
            std::shared_ptr<Completions> completions)
      : connection_(std::move(connection)), entry_(entry), completions_(std::move(completions)) {}

  bool takes(std::size_t bytes) const override {
    return items_.empty() || bytes_ + bytes <= connection_->batch_bytes_max;
  }
  PendingPtr add(Buffer arguments, std::size_t index) override {
    if (arguments.size() > connection_->argument_bytes_max) {
      throw TooLarge("message", arguments.size(), connection_->argument_bytes_max);
    }
    auto task = std::make_shared<Pending>();
    task->index = index;
    task->completions = completions_;
    test::FakeContext context;
    try {
      entry_.thunk(arguments.bytes(), context, task->body);
    } catch (...) {
      task->failed = true;
      task->body.clear();
      encode_current_exception(task->body);
    }
    bytes_ += arguments.size();
    items_.push_back(task);
    return task;
  }
  void hold() override {}
  bool submit() override {
    if (items_.empty()) return true;
    if (connection_->lost) {
      for (const PendingPtr& task : std::exchange(items_, {}))
        task->end_lost();
      throw ConnectionLost("the connection has ended");
    }
    if (connection_->submitted + items_.size() > connection_->credit) return false;
    connection_->submitted += items_.size();
    connection_->chunks.push_back(items_.size());
    for (const PendingPtr& task : items_) {
      connection_->tasks.push_back(task);
      connection_->open.push_back(task);
    }
    items_.clear();
    bytes_ = 0;
    return true;
  }
  std::size_t size() const override { return items_.size(); }
  void withdraw() override {
    for (const PendingPtr& task : std::exchange(items_, {})) {
      task->cancel_wished = true;
      task->end(0ns);
    }
  }

 private:
  const std::shared_ptr<Connection> connection_;
  const Entry& entry_;
  const std::shared_ptr<Completions> completions_;
  std::vector<PendingPtr> items_;
  std::size_t bytes_ = 0;
};

}  // namespace

std::shared_ptr<Batch> make_batch(const std::shared_ptr<Connection>& connection, const Entry& entry,
                                  const ViewOptions&, std::shared_ptr<Completions> completions) {
  return std::make_shared<FakeBatch>(connection, entry, std::move(completions));
}

std::size_t engines(const std::shared_ptr<Connection>& connection) {
  return connection->engines;
}

bool wait_for_completion(const std::shared_ptr<Connection>& connection,
                         const Completions& completions, std::size_t room_for,
                         std::chrono::steady_clock::time_point) {
  if (!completions.empty()) return true;
  const bool room = connection->submitted + room_for <= connection->credit;
  if (room_for > 0 && (room || connection->lost)) return true;
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
