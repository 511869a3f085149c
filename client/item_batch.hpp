#pragma once
// The batch of a map over a real connection.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <muster/detail/batch.hpp>

#include "client/pending.hpp"
#include "client/prerequisites.hpp"
#include "client/session.hpp"

namespace muster::detail {

/// Two threads share it: the one that uses the map, and the connection's own, which calls look().
/// The connection outlives both uses: the map has a handle of it.
class ItemBatch final : public Batch, public std::enable_shared_from_this<ItemBatch> {
 public:
  ItemBatch(Connection& connection, const Entry& entry, const ViewOptions& options,
            std::shared_ptr<Completions> completions);

  bool takes(std::size_t bytes) const override;
  PendingPtr add(Buffer arguments, std::size_t index) override;
  void hold() override;
  bool submit() override;
  std::size_t size() const override;
  void withdraw() override;

  /// Submits what has waited for too long. Returns when to look again; the end of time when
  /// hold() will say so.
  client::Instant look(client::Instant now);

 private:
  bool submit_all();
  void settle_all(Pending::State how, wire::OutcomeKind kind, const Buffer& body);

  Connection& connection_;
  const Entry& entry_;
  const ViewOptions options_;
  const client::PrerequisitesPtr prerequisites_;
  const std::shared_ptr<Completions> completions_;

  mutable std::mutex mutex_;
  std::vector<PendingPtr> items_;
  Buffer body_;                // of one item its own, of several a row
  std::size_t row_bytes_ = 0;  // what the items take, or would take, in a row
  client::Instant since_{};    // when the first one was held
  bool looked_after_ = false;  // the connection's thread looks at it
  bool since_known_ = false;
};

}  // namespace muster::detail
