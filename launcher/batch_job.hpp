#pragma once
// The life of a job of a batch system, without commands, clock or files: what has been said of it
// goes in, what is to be done next comes out. The loop is launcher/batch_nodes.hpp.
//
//   unsubmitted ──submit──► submitting ──its id──► there ──all blocks are final──► over
//                               │ the system refuses            │ remove
//                               └───────────► over ◄──done── removing
//
// A block goes pending → running → ended | failed | cancelled | lost; the system may put one that
// ran back into the queue.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "launcher/batch_system.hpp"

namespace muster::launcher {

/// Run the system's command with the script; then call `submitted`.
struct SubmitOrder {};
/// Run the command that looks at the job; then call `polled`.
struct PollOrder {};
/// Run the command that deletes it; then call `removed`.
struct RemoveOrder {};
/// Tell the user. `lost_block`: what its log says at its end belongs to the text.
struct NewsOrder {
  std::string text;
  std::optional<int> lost_block{};
};
/// Something of `blocks()` or `id()` has changed.
struct ChangeOrder {};

using BatchOrder = std::variant<SubmitOrder, PollOrder, RemoveOrder, NewsOrder, ChangeOrder>;
using BatchOrders = std::vector<BatchOrder>;

class BatchJob {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  enum class Phase {
    unsubmitted,
    submitting,  ///< the command runs
    there,       ///< the system has it
    removing,    ///< it is being deleted
    over,        ///< nothing of it is left, or nothing can be done about it
  };

  /// `patience`: how long the engines of a running block may take to come before the user is told.
  BatchJob(const BatchSystem& system, int engines, int blocks, std::chrono::seconds patience);

  BatchOrders submit();
  BatchOrders submitted(const CommandOutput& said, Instant now);
  BatchOrders polled(const CommandOutput& said, Instant now);
  BatchOrders removed(const CommandOutput& said);
  /// The controller has so many.
  void engines_are(std::uint32_t ready) { engines_ready_ = ready; }
  /// Call it when `deadline()` has passed.
  BatchOrders tick(Instant now);
  std::optional<Instant> deadline() const;
  /// It isn't wanted any more, or never was.
  BatchOrders remove();

  Phase phase() const { return phase_; }
  bool over() const { return phase_ == Phase::over; }
  /// Empty until it is submitted.
  const std::string& id() const { return id_; }
  const std::vector<BlockReport>& blocks() const { return blocks_; }
  std::string name_of(int block) const;
  /// Of all blocks that run, or may some day.
  std::uint32_t engines_expected() const;
  std::uint32_t engines_ready() const { return engines_ready_; }
  /// Every block runs or is final, and those that run have their engines.
  bool complete() const;

 private:
  bool all_final() const;
  int running_blocks() const;
  void take(const std::vector<BlockReport>& reports, Instant now, BatchOrders& orders);
  void change(BlockReport& block, BlockReport next, Instant now, BatchOrders& orders);
  void say_what_waits(BatchOrders& orders);
  void say_who_is_late(Instant now, BatchOrders& orders);
  std::chrono::seconds interval(Instant now) const;

  const BatchSystem& system_;
  const std::uint32_t block_engines_;
  const std::chrono::seconds patience_;
  Phase phase_ = Phase::unsubmitted;
  bool unwanted_ = false;  ///< it is to be removed as soon as its id is known
  std::string id_;
  std::vector<BlockReport> blocks_;
  std::vector<bool> deleted_;  ///< somebody has wanted that of the block
  std::vector<int> absent_;    ///< how often each block wasn't in an answer, one after the other
  std::uint32_t engines_ready_ = 0;
  std::optional<Instant> poll_at_;        ///< none while a command runs
  Instant changed_{};                     ///< when a block has, last
  std::optional<Instant> running_since_;  ///< the last block that began; none once it was told of
  std::string waiting_;                   ///< what was said last of the blocks that wait
  bool poll_fails_ = false;
  std::string remove_error_;  ///< not empty: the command has failed
};

}  // namespace muster::launcher
