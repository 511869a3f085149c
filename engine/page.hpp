#pragma once
// The page that an engine's process shares with its node (rule 11): what it is executing, and what
// it has sent. The node reads it after the process has died, so it must be true at every instant
// between two machine instructions of its writer.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <muster/detail/run_items.hpp>

#include "protocol/identity.hpp"

namespace muster::engine {

using Named = detail::PageState;

/// The stack of one thread, when the node has asked for it (engine/stack_signal.hpp). Written by
/// whichever thread was asked.
struct PageStack {
  static constexpr std::size_t frames_max = 64;
  std::atomic<std::int32_t> signal;   ///< that asks; 0: this process doesn't answer
  std::atomic<std::uint32_t> busy;    ///< 1: somebody writes
  std::atomic<std::uint32_t> ticket;  ///< what is answered; the frames stand before it
  std::atomic<std::uint32_t> frames;
  std::array<std::atomic<std::uint64_t>, frames_max> frame;  ///< addresses, the innermost first
};

/// Lives in shared memory, zero-initialised. One writer (the executing thread), readers in other
/// processes and threads. `named` is set after the fields that it vouches for and cleared before
/// they change. That is when the next task begins and not when this one has ended, because what it
/// broke may show only when its outcome is sent.
struct Page {
  std::atomic<Named> named;
  std::atomic<std::uint32_t> started;       ///< tasks started by this process, wraps
  std::atomic<std::uint64_t> session_high;  ///< the task's session, as two words
  std::atomic<std::uint64_t> session_low;
  std::atomic<std::uint64_t> counter;        ///< the task's (or the item's) counter
  std::atomic<std::uint64_t> attempt;        ///< the attempt that was started
  std::atomic<std::uint64_t> started_ns;     ///< when, by the engine's monotonic clock
  std::atomic<std::uint64_t> link;           ///< the link on which outcomes were sent
  std::atomic<std::uint64_t> sent_sequence;  ///< the last message sent on its task socket
  std::atomic<std::int64_t> must_end_ns;     ///< the task's run limit with its grace, by the
                                             ///< monotonic clock; 0: none
  std::atomic<std::uint32_t> over_limit;     ///< the process ended itself, because the task named
                                          ///< above, executing or not, was over its run limit (1),
                                          ///< or was cancelled and didn't stop (2)
  std::atomic<std::uint32_t> initializing;  ///< the task named above waits for its initializer
  /// Places in the files that take stdout and stderr.
  struct Output {
    std::atomic<std::uint64_t> begin;      ///< of what the present task has written
    std::atomic<std::uint64_t> passed_on;  ///< what stands before it is in the log
  };
  Output out;
  Output err;
  PageStack stack;
  /// The process group of the command of the system that the task runs, which outlives a process
  /// that can't end it any more; 0: none.
  std::atomic<std::int32_t> command_group;
};

/// Before the fields change. A process that dies has made its stores in this order.
inline void name_none(Page& page) {
  page.named.store(Named::none, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

/// True when the task that executes should have been over at `now_ns`, by the monotonic clock that
/// processes of one host share.
inline bool is_overdue(const Page& page, std::int64_t now_ns) {
  if (page.named.load(std::memory_order_acquire) != Named::executing) return false;
  const std::int64_t must_end = page.must_end_ns.load(std::memory_order_relaxed);
  return must_end != 0 && now_ns >= must_end;
}

static_assert(std::atomic<Named>::is_always_lock_free);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(sizeof(Page) <= 4096);

}  // namespace muster::engine
