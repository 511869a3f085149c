#include "client/item_batch.hpp"

#include <chrono>
#include <utility>

#include <muster/error.hpp>

#include "client/connection.hpp"
#include "protocol/body.hpp"
#include "protocol/item_row.hpp"

namespace muster::detail {
namespace {

using client::Instant;
using namespace std::chrono_literals;

/// Items that share a task take no more together: a part of a row that is split travels with the
/// whole of it, and what is larger gains nothing from company.
constexpr std::size_t row_bytes_max = std::size_t{32} << 10;
/// Without room what has waited for too long is tried again after this.
constexpr auto room_interval = 5ms;

Instant now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

ItemBatch::ItemBatch(Connection& connection, const Entry& entry, const ViewOptions& options,
                     std::shared_ptr<Completions> completions)
    : connection_(connection),
      entry_(entry),
      options_(options),
      prerequisites_(client::prerequisites_of(options, &connection)),
      completions_(std::move(completions)) {}

bool ItemBatch::takes(std::size_t bytes) const {
  const std::scoped_lock lock(mutex_);
  return items_.empty() || row_bytes_ + wire::item_bytes(bytes) <= row_bytes_max;
}

PendingPtr ItemBatch::add(Buffer arguments, std::size_t index) {
  PendingPtr item = connection_.make_pending(arguments);
  item->completions = completions_;
  item->index = index;
  const std::scoped_lock lock(mutex_);
  row_bytes_ += wire::item_bytes(arguments.size());
  if (items_.empty()) {
    body_ = std::move(arguments);
  } else {
    if (items_.size() == 1) {
      Buffer row;
      row.reserve(8 * row_bytes_);
      wire::append_item(row, body_.bytes());
      body_ = std::move(row);
    }
    wire::append_item(body_, arguments.bytes());
  }
  items_.push_back(item);
  return item;
}

void ItemBatch::hold() {
  {
    const std::scoped_lock lock(mutex_);
    if (items_.empty() || std::exchange(since_known_, true)) return;
    since_ = now();
    if (std::exchange(looked_after_, true)) return;
  }
  connection_.look_after(weak_from_this());
}

Instant ItemBatch::look(Instant time) {
  const std::scoped_lock lock(mutex_);
  // Without since_ the map's thread is about to submit it, or waits for room itself.
  const bool waits = !items_.empty() && since_known_;
  if (waits && time < since_ + Connection::batch_patience) {
    return since_ + Connection::batch_patience;
  }
  try {
    if (waits && !submit_all()) return time + room_interval;
  } catch (const ClusterError&) {
    // The map hears of it when it submits.
  }
  looked_after_ = false;
  return Instant::max();
}

bool ItemBatch::submit() {
  const std::scoped_lock lock(mutex_);
  try {
    return submit_all();
  } catch (const ClusterError& error) {
    settle_all(Pending::State::lost, wire::OutcomeKind::lost,
               Buffer::copy_of(wire::bytes_of(std::string(error.what()))));
    throw;
  }
}

/// Under mutex_.
bool ItemBatch::submit_all() {
  if (items_.empty()) return true;
  if (!connection_.try_submit(entry_, body_, encode_options(options_), prerequisites_, items_))
    return false;
  items_.clear();
  row_bytes_ = 0;
  since_known_ = false;
  return true;
}

std::size_t ItemBatch::size() const {
  const std::scoped_lock lock(mutex_);
  return items_.size();
}

void ItemBatch::withdraw() {
  const std::scoped_lock lock(mutex_);
  wire::Ending ending;
  ending.text = "the task was cancelled";
  settle_all(Pending::State::settled, wire::OutcomeKind::cancelled, wire::pack(ending));
}

/// Under mutex_.
void ItemBatch::settle_all(Pending::State how, wire::OutcomeKind kind, const Buffer& body) {
  for (const PendingPtr& item : items_) {
    item->kind = kind;
    item->body = Buffer::copy_of(body.bytes());
    item->submitted = item->received = now();
    item->settle(how);
  }
  items_.clear();
  body_ = {};
  row_bytes_ = 0;
  since_known_ = false;
}

std::shared_ptr<Batch> make_batch(const std::shared_ptr<Connection>& connection, const Entry& entry,
                                  const ViewOptions& options,
                                  std::shared_ptr<Completions> completions) {
  refuse_without(connection);
  return std::make_shared<ItemBatch>(*connection, entry, options, std::move(completions));
}

}  // namespace muster::detail
