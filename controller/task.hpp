#pragma once
// A task as the controller remembers it, from its submission until its outcome is on its way.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include <muster/error.hpp>

#include "protocol/body.hpp"
#include "protocol/lane.hpp"
#include "protocol/large_body.hpp"
#include "protocol/outgoing_streams.hpp"
#include "protocol/record.hpp"

namespace muster::controller {

using TaskRef = std::uint32_t;    ///< index into the scheduler's slab; reused after release
using EngineRef = std::uint32_t;  ///< an engine's id
using ImageRef = std::uint32_t;
using SessionRef = std::uint32_t;
using CodeRef = std::uint32_t;
inline constexpr std::uint32_t none = UINT32_MAX;

/// The options block and body of a submission, in one allocation that all parts of it share. Copies
/// are counted without a lock: payloads belong to the controller's thread.
class Payload {
 public:
  Payload() = default;
  /// Of `items` tasks whose counters begin at `first`.
  Payload(wire::Bytes options, wire::Bytes body, std::uint64_t first = 0, std::uint32_t items = 1) {
    const std::size_t size = options.size() + body.size();
    if (size == 0 && items == 1) return;
    void* memory = ::operator new(sizeof(Block) + size);
    block_ = new (memory) Block{first, 1, items, static_cast<std::uint32_t>(options.size()),
                                static_cast<std::uint32_t>(size)};
    if (!options.empty()) std::memcpy(bytes(), options.data(), options.size());
    if (!body.empty()) std::memcpy(bytes() + options.size(), body.data(), body.size());
  }
  Payload(const Payload& other) : block_(other.block_) {
    if (block_ != nullptr) ++block_->owners;
  }
  Payload(Payload&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Payload& operator=(Payload other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Payload() {
    if (block_ != nullptr && --block_->owners == 0) ::operator delete(block_);
  }

  wire::Bytes options() const {
    return block_ == nullptr ? wire::Bytes() : wire::Bytes(bytes(), block_->options);
  }
  wire::Bytes body() const {
    if (block_ == nullptr) return {};
    return {bytes() + block_->options, block_->size - block_->options};
  }
  /// The body is a row of several items.
  bool is_row() const { return block_ != nullptr && block_->items > 1; }
  /// The place of the task with this counter in the row.
  std::uint32_t index_of(std::uint64_t counter) const {
    return is_row() ? static_cast<std::uint32_t>(counter - block_->first) : 0;
  }
  std::size_t size() const { return block_ == nullptr ? 0 : block_->size; }

 private:
  struct Block {  // its bytes follow
    std::uint64_t first;
    std::uint32_t owners;
    std::uint32_t items;
    std::uint32_t options;
    std::uint32_t size;
  };
  std::byte* bytes() const { return reinterpret_cast<std::byte*>(block_ + 1); }

  Block* block_ = nullptr;
};

/// What only tasks with options, with a troubled past or with a large body have.
struct TaskHistory {
  wire::TaskOptions options;
  std::uint32_t exceptions = 0;      ///< counted against retries
  std::vector<wire::Death> crashes;  ///< counted against max_crashes
  std::vector<EngineRef> tried;      ///< engines on which it failed or crashed
  std::uint32_t moves = 0;           ///< uncharged, unlimited, shown
  wire::LargeBodyPtr body;           ///< arguments that don't fit into a record
  wire::OutgoingStreamPtr stream;    ///< on which its engine gets them
  wire::Instant submitted{};         ///< of one that was said again: to a predecessor, or before
  std::optional<Limit> passed;       ///< the limit that has passed while an engine holds the task
};

/// One task, or a row of them that were submitted together and have shared one fate so far: they
/// wait, travel and are held as one until something concerns some of them only (rule 18). Then the
/// row is split; the parts are tasks like any other.
struct Task {
  enum class State : std::uint8_t {
    free,      ///< the slab's entry is not in use
    arriving,  ///< its body isn't whole yet, or it is parked; in no queue
    waiting,   ///< in a queue
    held,      ///< dispatched; one engine has it
    detached,  ///< taken from an engine; about to be queued again or settled
  };

  std::uint64_t counter = 0;            ///< of the first item that is open
  std::uint64_t attempt = 0;            ///< the current one: (epoch, number of dispatches)
  std::uint64_t dispatch_sequence = 0;  ///< the message on its engine's link that carried it
  SessionRef session = none;
  CodeRef code = none;
  ImageRef image = none;
  EngineRef engine = none;      ///< its holder
  EngineRef target = none;      ///< the only engine that may run it (rule 17)
  std::uint32_t charge_ns = 0;  ///< what it counts for in its engine's work
  TaskRef next = none;          ///< in its queue, or among its engine's tasks
  TaskRef previous = none;
  std::uint32_t count = 1;  ///< items left, with consecutive counters
  State state = State::free;
  std::uint8_t starts = 0;     ///< how often user code began, as far as is known
  bool running = false;        ///< the engine said that its first item has started
  bool cancel_wished = false;  ///< rule 16: it is never started again
  bool body_missing = false;   ///< its arguments stream and aren't whole yet
  bool parked = false;         ///< rule 7: an engine may hold it that hasn't said so yet
  Payload payload;
  std::unique_ptr<TaskHistory> history;

  /// The last attempt that this controller knows of, 0 for none. One of a predecessor may be news.
  std::uint64_t known_attempt() const {
    return static_cast<std::uint32_t>(attempt) == 0 ? 0 : attempt;
  }
  /// What its engine has to keep until it has run.
  std::size_t argument_bytes() const {
    return payload.size() + (history && history->body ? history->body->size() : 0);
  }
};

}  // namespace muster::controller
