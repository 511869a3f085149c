#pragma once
// The batch of a map over a real connection.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include <muster/detail/batch.hpp>

#include "client/prerequisites.hpp"
#include "client/session.hpp"

namespace muster::detail {

/// Two threads share it: the one that uses the map, and the connection's own, which calls look().
/// Adding takes no lock: what was added doesn't change any more, and what of it was submitted is
/// known under the lock. The connection outlives both uses: the map has a handle of it.
class ItemBatch final : public Batch, public std::enable_shared_from_this<ItemBatch> {
 public:
  ItemBatch(Connection& connection, const Entry& entry, const ViewOptions& options,
            std::shared_ptr<ItemOutcomes> outcomes, BoundValues values);

  bool add(std::span<const std::byte> arguments, std::size_t index) override;
  RowSpace space() override;
  void hold() override;
  bool submit() override;
  std::size_t size() const override;
  void withdraw() override;

  /// Submits what has waited for too long. Returns when to look again; the end of time when
  /// hold() will say so.
  client::Instant look(client::Instant now);

 private:
  const Buffer& options_for(std::size_t index) const {
    return encoded_options_[index / turn_items_ % encoded_options_.size()];
  }

  struct Extent {
    std::uint32_t items = 0;
    std::uint32_t bytes = 0;
  };

  Extent added() const;
  bool submit_all();
  void settle_all(ItemOutcome::How how, wire::OutcomeKind kind, Buffer body);
  void begin_again();

  Connection& connection_;
  const Entry& entry_;
  const std::vector<Buffer> encoded_options_;  // one, or one for each engine whose turn it may be
  const std::size_t turn_items_;               // items of a turn
  const std::chrono::milliseconds patience_;   // how long items wait for company
  const client::PrerequisitesPtr prerequisites_;
  const std::shared_ptr<ItemOutcomes> outcomes_;

  // The map's thread writes, the other one reads what `added_` vouches for.
  const std::unique_ptr<std::byte[]> row_;
  std::size_t index_ = 0;                // of the first item
  std::atomic<std::uint64_t> added_{0};  // an Extent in one word
  Buffer large_;                         // the only item, if a row has no room for it

  mutable std::mutex mutex_;
  Extent submitted_;           // of what was added
  client::Instant since_{};    // when the first one was held
  bool looked_after_ = false;  // the connection's thread looks at it
  bool once_more_ = false;     // and shall, though nothing was there
  /// since_ is known. Written under the mutex.
  std::atomic<bool> held_{false};
};

}  // namespace muster::detail
