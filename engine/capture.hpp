#pragma once
// What this process writes to stdout and stderr, and which task it belongs to: the one that runs
// when it is written. Other threads that user code has left behind write for that one, too.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "engine/captured_stream.hpp"
#include "engine/page.hpp"
#include "protocol/engine_mark.hpp"

namespace muster::engine {

/// Asking the kernel costs as much as a short task does, so it isn't asked for nothing. A task has
/// written if the C library's or the C++ library's buffers hold something, which is seen in memory;
/// or if it had the time for a system call of its own.
class Capture {
 public:
  /// Takes the mark's descriptors of files and logs.
  Capture(const detail::EngineMark& mark, Page& page);

  /// A piece of what a task has written, by its place among all that it has written there.
  struct Piece {
    std::uint8_t stream;  ///< 0: stdout, 1: stderr
    std::uint64_t offset;
    std::string text;
  };

  // --- for the executing thread ---

  /// A buffer holds something. No system call, a few nanoseconds.
  bool buffered();
  /// What ran for so long may have written.
  bool may_have_written(std::chrono::nanoseconds run) const {
    return run >= write_time_min || looked_at();
  }
  /// It has, or the other thread has read something of it. Two system calls.
  bool has_written() const { return looked_at() || out_.has_more() || err_.has_more(); }
  /// Writes what the buffers hold.
  void flush();

  // --- for either ---

  /// Reads what was written. True when there is something to be taken.
  bool look();
  /// The same, and writes what stdio holds before, unless user code is at it.
  void look_from_aside();
  /// The other thread has read something that nobody has taken.
  bool looked_at() const { return looked_at_.load(std::memory_order_relaxed); }
  /// What was read and not taken yet.
  std::vector<Piece> take();
  /// What was read belongs to what has ended; what comes belongs to another task.
  void begin_task();

 private:
  /// A system call that writes a byte takes longer, on every machine on which that was measured
  /// (0.4 microseconds where this was written), and what a task takes includes more than that.
  static constexpr std::chrono::nanoseconds write_time_min{300};

  bool any_read() { return !out_.excerpt().empty() || !err_.excerpt().empty(); }

  std::mutex mutex_;
  CapturedStream out_;
  CapturedStream err_;
  /// The other thread has read something for the present task.
  std::atomic<bool> looked_at_{false};
  const void* deaf_buffer_ = nullptr;  // of std::cout, and not emptied by a flush
};

}  // namespace muster::engine
