#include "tests/unit/fake_map_connection.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include <muster/detail/batch.hpp>
#include <muster/detail/failure.hpp>
#include <muster/error.hpp>

#include "protocol/item_row.hpp"
#include "tests/unit/fake_context.hpp"

namespace muster::detail {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t exception = 1;
constexpr std::uint8_t cancelled = 2;

class FakeBatch final : public Batch {
 public:
  FakeBatch(std::shared_ptr<Connection> connection, const Entry& entry,
            std::shared_ptr<ItemOutcomes> outcomes)
      : connection_(std::move(connection)), entry_(entry), outcomes_(std::move(outcomes)) {}

  bool add(std::span<const std::byte> arguments, std::size_t index) override {
    take_added();
    if (!items_.empty() && bytes_ + arguments.size() > connection_->batch_bytes_max) return false;
    if (arguments.size() > connection_->argument_bytes_max) {
      throw TooLarge("message", arguments.size(), connection_->argument_bytes_max);
    }
    auto item = std::make_shared<FakeItem>();
    item->index = index;
    item->outcomes = outcomes_;
    test::FakeContext context;
    try {
      entry_.thunk(arguments, context, item->body);
    } catch (...) {
      item->failed = true;
      item->body.clear();
      encode_current_exception(item->body);
    }
    bytes_ += arguments.size();
    items_.push_back(item);
    return true;
  }
  RowSpace space() override {
    take_added();
    const bool bounded = connection_->batch_bytes_max != std::numeric_limits<std::size_t>::max() ||
                         connection_->argument_bytes_max < number_bytes_max;
    return {row_.data(), bounded ? 0 : row_.size(), &added_, &held_};
  }
  void hold() override {}
  bool submit() override {
    take_added();
    if (items_.empty()) return true;
    if (connection_->lost) {
      for (const FakeItemPtr& item : std::exchange(items_, {})) {
        item->lost = true;
        item->end(0ns);
      }
      throw ConnectionLost("the connection has ended");
    }
    if (connection_->submitted + items_.size() > connection_->credit) return false;
    connection_->submitted += items_.size();
    connection_->chunks.push_back(items_.size());
    for (const FakeItemPtr& item : items_)
      connection_->open.push_back(item);
    items_.clear();
    bytes_ = 0;
    return true;
  }
  std::size_t size() const override {
    return items_.size() + static_cast<std::size_t>(added_.load() >> 32);
  }
  void withdraw() override {
    take_added();
    for (const FakeItemPtr& item : std::exchange(items_, {})) {
      item->cancel_wished = true;
      item->end(0ns);
    }
  }

 private:
  /// What the map has written into the row by itself.
  void take_added() {
    const std::uint64_t added = added_.exchange(0);
    wire::ItemReader reader({row_.data(), static_cast<std::uint32_t>(added)});
    for (std::uint64_t left = added >> 32; left > 0; --left)
      add(reader.next().value(), items_.back()->index + 1);
  }

  const std::shared_ptr<Connection> connection_;
  const Entry& entry_;
  const std::shared_ptr<ItemOutcomes> outcomes_;
  std::vector<FakeItemPtr> items_;
  std::size_t bytes_ = 0;
  std::array<std::byte, 4096> row_;
  std::atomic<std::uint64_t> added_{0};
  const std::atomic<bool> held_{true};
};

}  // namespace

std::vector<int> targets_named(const std::shared_ptr<Connection>&, const std::vector<int>& names) {
  return names;
}

void FakeItem::end(std::chrono::nanoseconds run) {
  ItemOutcome outcome;
  outcome.index = index;
  if (lost) {
    outcome.how = ItemOutcome::How::lost;
  } else if (failed || cancel_wished) {
    outcome.how = ItemOutcome::How::failed;
    outcome.kind = cancel_wished ? cancelled : exception;
  }
  outcome.body = std::move(body);
  outcomes->put(std::move(outcome), run, std::chrono::steady_clock::now());
}

void Connection::finish_row(std::size_t place, std::size_t count) {
  ItemOutcome outcome;
  outcome.index = open.at(place)->index;
  outcome.count = count;
  const std::shared_ptr<ItemOutcomes> outcomes = open[place]->outcomes;
  for (std::size_t i = 0; i < count; ++i) {
    wire::append_item(outcome.body, open.at(place)->body.bytes());
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(place));
  }
  outcomes->put(std::move(outcome), run * count, std::chrono::steady_clock::now());
}

std::shared_ptr<Batch> make_batch(const std::shared_ptr<Connection>& connection, const Entry& entry,
                                  const ViewOptions&, std::shared_ptr<ItemOutcomes> outcomes,
                                  BoundValues) {
  return std::make_shared<FakeBatch>(connection, entry, std::move(outcomes));
}

std::size_t engines(const std::shared_ptr<Connection>& connection) {
  return connection->engines;
}

bool wait_for_outcomes(const std::shared_ptr<Connection>& connection, const ItemOutcomes& outcomes,
                       std::size_t room_for, std::chrono::steady_clock::time_point) {
  if (!outcomes.empty()) return true;
  const bool room = connection->submitted + room_for <= connection->credit;
  if (room_for > 0 && (room || connection->lost)) return true;
  ++connection->waits;
  if (!connection->when_waiting) throw std::logic_error("this would wait for ever");
  connection->when_waiting(*connection);
  return true;
}

void throw_error(const ItemOutcome& outcome) {
  if (outcome.how == ItemOutcome::How::lost) throw ConnectionLost("the connection has ended");
  if (outcome.kind == cancelled) throw Cancelled("cancelled");
  rethrow_failure(outcome.body.bytes(), 0, {});
}

void wish_cancel(const std::shared_ptr<Connection>& connection, const ItemOutcomes& outcomes) {
  for (const FakeItemPtr& item : connection->open) {
    if (item->outcomes.get() == &outcomes) item->cancel_wished = true;
  }
}

}  // namespace muster::detail
