#include "client/item_batch.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include <muster/error.hpp>

#include "client/connection.hpp"
#include "protocol/body.hpp"
#include "protocol/clock.hpp"
#include "protocol/item_row.hpp"
#include "protocol/limits.hpp"

namespace muster::detail {
namespace {

using wire::now;

using client::Instant;
using namespace std::chrono_literals;

/// Items that share a task take no more together: a part of a row that is split travels with the
/// whole of it, and what is larger gains nothing from company.
constexpr std::size_t row_bytes_max = std::size_t{32} << 10;
/// Who has said how large a chunk is doesn't want a smaller one because a machine was busy for a
/// moment; but an input that waits for what was read of it before must not wait for ever.
constexpr auto whole_chunk_patience = 200ms;
/// Without room what has waited for too long is tried again after this.
constexpr auto room_interval = 5ms;

/// For each engine that has its turn; of a map without turns there is one.
std::vector<Buffer> encode_for_turns(Connection& connection, ViewOptions options,
                                     const BoundValues& values) {
  std::vector<Buffer> encoded;
  if (options.order_tasks) {
    const std::vector<int> engines =
        options.targets.empty() ? connection.engine_ids() : options.targets;
    for (const int engine : engines) {
      options.targets = {engine};
      encoded.push_back(encode_options(options, -1, values));
    }
  }
  if (encoded.empty()) encoded.push_back(encode_options(options, -1, values));
  return encoded;
}

}  // namespace

ItemBatch::ItemBatch(Connection& connection, const Entry& entry, const ViewOptions& options,
                     std::shared_ptr<ItemOutcomes> outcomes, BoundValues values)
    : connection_(connection),
      entry_(entry),
      encoded_options_(encode_for_turns(connection, options, values)),
      turn_items_(std::max<std::size_t>(1, options.chunk)),
      patience_(options.whole_chunks ? whole_chunk_patience : Connection::batch_patience),
      prerequisites_(client::prerequisites_of(options, &connection, {}, std::move(values))),
      outcomes_(std::move(outcomes)),
      row_(std::make_unique<std::byte[]>(row_bytes_max)) {}

ItemBatch::Extent ItemBatch::added() const {
  const std::uint64_t word = added_.load(std::memory_order_acquire);
  return {static_cast<std::uint32_t>(word >> 32), static_cast<std::uint32_t>(word)};
}

bool ItemBatch::add(std::span<const std::byte> arguments, std::size_t index) {
  const Extent before = added();
  const std::size_t bytes = wire::item_bytes_at(before.bytes, arguments.size());
  if (before.items == 0) index_ = index;
  const bool has_large = before.items > 0 && before.bytes == 0;
  if (bytes <= row_bytes_max - before.bytes && !has_large) {
    wire::write_item(row_.get(), before.bytes, arguments);
    added_.store(std::uint64_t{before.items + 1} << 32 | (before.bytes + bytes),
                 std::memory_order_release);
    return true;
  }
  if (before.items > 0) return false;
  if (arguments.size() > wire::body_bytes_max) {
    throw TooLarge("body", arguments.size(), wire::body_bytes_max);
  }
  large_ = Buffer::copy_of(arguments);
  added_.store(std::uint64_t{1} << 32, std::memory_order_release);
  return true;
}

/// None behind an item that was too large for a row: it goes alone.
RowSpace ItemBatch::space() {
  const bool has_large = added().bytes == 0;
  return {row_.get(), has_large ? 0 : row_bytes_max, &added_, &held_};
}

void ItemBatch::hold() {
  if (held_.load(std::memory_order_relaxed)) return;
  {
    const std::scoped_lock lock(mutex_);
    if (added().items == submitted_.items) return;
    held_.store(true, std::memory_order_relaxed);
    since_ = now();
    if (std::exchange(looked_after_, true)) return;
  }
  connection_.look_after(weak_from_this());
}

Instant ItemBatch::look(Instant time) {
  const std::scoped_lock lock(mutex_);
  const bool held = held_.load(std::memory_order_relaxed);
  if (held && time < since_ + patience_) return since_ + patience_;
  try {
    // Without either the map's thread is about to submit it, or waits for room itself.
    if ((held || once_more_) && !submit_all()) return time + room_interval;
  } catch (const ClusterError&) {
    // The map hears of it when it submits.
  }
  // An item that is being added at this moment may still have found the batch held.
  once_more_ = held;
  if (once_more_) return time + Connection::batch_patience;
  looked_after_ = false;
  return Instant::max();
}

bool ItemBatch::submit() {
  const std::scoped_lock lock(mutex_);
  try {
    if (!submit_all()) return false;
  } catch (const ClusterError& error) {
    settle_all(ItemOutcome::How::lost, wire::OutcomeKind::lost,
               Buffer::copy_of(wire::bytes_of(std::string(error.what()))));
    begin_again();
    throw;
  }
  begin_again();
  return true;
}

/// Under mutex_, by either thread.
bool ItemBatch::submit_all() {
  const Extent all = added();
  const std::uint32_t count = all.items - submitted_.items;
  if (count == 0) {
    held_.store(false, std::memory_order_relaxed);
    return true;
  }
  const wire::Bytes row(row_.get() + submitted_.bytes, all.bytes - submitted_.bytes);
  Buffer body;
  if (count > 1) {
    body.append(row);
  } else if (all.bytes > 0) {
    body.append(*wire::ItemReader(row).next());
  } else {
    body = std::move(large_);
  }
  const std::size_t index = index_ + submitted_.items;
  if (!connection_.try_submit(entry_, body, Buffer::copy_of(options_for(index).bytes()),
                              prerequisites_, outcomes_, index, count)) {
    if (all.bytes == 0) large_ = std::move(body);
    return false;
  }
  submitted_ = all;
  held_.store(false, std::memory_order_relaxed);
  return true;
}

/// Under mutex_, by the map's thread, with nothing left.
void ItemBatch::begin_again() {
  added_.store(0, std::memory_order_relaxed);
  submitted_ = {};
  held_.store(false, std::memory_order_relaxed);
  large_ = {};
}

std::size_t ItemBatch::size() const {
  const std::scoped_lock lock(mutex_);
  return added().items - submitted_.items;
}

void ItemBatch::withdraw() {
  const std::scoped_lock lock(mutex_);
  wire::Ending ending;
  ending.text = "the task was cancelled";
  settle_all(ItemOutcome::How::failed, wire::OutcomeKind::cancelled, wire::pack(ending));
  begin_again();
}

/// Under mutex_.
void ItemBatch::settle_all(ItemOutcome::How how, wire::OutcomeKind kind, Buffer body) {
  const std::uint32_t count = added().items - submitted_.items;
  if (count == 0) return;
  outcomes_->put({.index = index_ + submitted_.items,
                  .count = count,
                  .how = how,
                  .kind = static_cast<std::uint8_t>(kind),
                  .body = std::move(body)},
                 {}, now());
}

std::shared_ptr<Batch> make_batch(const std::shared_ptr<Connection>& connection, const Entry& entry,
                                  const ViewOptions& options,
                                  std::shared_ptr<ItemOutcomes> outcomes, BoundValues values) {
  refuse_without(connection);
  add_values_of(options, values);
  return std::make_shared<ItemBatch>(*connection, entry, options, std::move(outcomes),
                                     std::move(values));
}

}  // namespace muster::detail
