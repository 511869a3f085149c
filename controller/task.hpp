#pragma once
// A task as the controller remembers it, from its submission until its outcome is on its way.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "protocol/body.hpp"
#include "protocol/record.hpp"

namespace muster::controller {

using TaskRef = std::uint32_t;    ///< index into the scheduler's slab; reused after release
using EngineRef = std::uint32_t;  ///< an engine's id
using ImageRef = std::uint32_t;
using SessionRef = std::uint32_t;
using CodeRef = std::uint32_t;
inline constexpr std::uint32_t none = UINT32_MAX;

/// The options block and body of a submission, in one allocation.
class Payload {
 public:
  Payload() = default;
  Payload(wire::Bytes options, wire::Bytes body)
      : options_(static_cast<std::uint32_t>(options.size())),
        size_(static_cast<std::uint32_t>(options.size() + body.size())) {
    if (size_ == 0) return;
    bytes_ = std::make_unique_for_overwrite<std::byte[]>(size_);
    if (!options.empty()) std::memcpy(bytes_.get(), options.data(), options.size());
    if (!body.empty()) std::memcpy(bytes_.get() + options.size(), body.data(), body.size());
  }
  wire::Bytes options() const { return {bytes_.get(), options_}; }
  wire::Bytes body() const { return {bytes_.get() + options_, size_ - options_}; }
  std::size_t size() const { return size_; }

 private:
  std::unique_ptr<std::byte[]> bytes_;
  std::uint32_t options_ = 0;
  std::uint32_t size_ = 0;
};

/// What only tasks with options or with a troubled past have.
struct TaskHistory {
  wire::TaskOptions options;
  std::uint32_t exceptions = 0;      ///< counted against retries
  std::vector<wire::Death> crashes;  ///< counted against max_crashes
  std::vector<EngineRef> tried;      ///< engines on which it failed or crashed
  std::uint32_t moves = 0;           ///< uncharged, unlimited, shown
};

struct Task {
  enum class State : std::uint8_t {
    free,      ///< the slab's entry is not in use
    waiting,   ///< in a queue
    held,      ///< dispatched; one engine has it
    detached,  ///< taken from an engine; about to be queued again or settled
  };

  std::uint64_t counter = 0;
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
  State state = State::free;
  std::uint8_t starts = 0;     ///< how often user code began, as far as is known
  bool running = false;        ///< the engine said that this attempt has started
  bool cancel_wished = false;  ///< rule 16: it is never started again
  Payload payload;
  std::unique_ptr<TaskHistory> history;
};

}  // namespace muster::controller
