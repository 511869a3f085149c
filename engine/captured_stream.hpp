#pragma once
// One of stdout and stderr of this process. It leads to a file in memory: whoever writes, user
// code, a library or a program that it has started, is never held up, and what was written is there
// when the process has died (launcher/captured_output.hpp).

#include <atomic>
#include <cstdint>
#include <string_view>

#include "engine/page.hpp"
#include "protocol/descriptor.hpp"
#include "protocol/output_excerpt.hpp"

namespace muster::engine {

/// For one thread at a time. What stands in the file is read once: into the excerpt of the task
/// that runs, and to the log.
class CapturedStream {
 public:
  /// What may wait to be read: more is written in the time between two looks only by who floods
  /// it. What is behind a reader that doesn't come is dropped, all but the last `kept_behind`.
  static constexpr std::uint64_t backlog_max = std::uint64_t{64} << 20;
  static constexpr std::uint64_t kept_behind = std::uint64_t{64} << 10;

  /// Takes the descriptors. `place` tells the node what was done.
  CapturedStream(int file, int log, Page::Output& place);

  /// Something was written that nobody has read. One system call; from any thread.
  bool has_more() const { return find_end() != read_.load(std::memory_order_relaxed); }
  /// Reads what is new. A log that takes nothing now gets it at a later look.
  void look();
  /// What the present task has written and nobody has taken.
  wire::OutputExcerpt& excerpt() { return excerpt_; }
  /// What is written from here on belongs to another task.
  void begin_task();

 private:
  std::uint64_t find_end() const;
  void begin_anew();
  void read_up_to(std::uint64_t end);
  void pass_on(std::uint64_t end);
  void free_memory();

  wire::Descriptor file_;
  wire::Descriptor log_;
  bool log_is_file_;
  Page::Output& place_;
  std::atomic<std::uint64_t> read_ = 0;  // places in the file
  std::uint64_t freed_ = 0;
  std::uint64_t of_task_ = 0;  // bytes that the present task has written, as far as they were read
  wire::OutputExcerpt excerpt_;
};

}  // namespace muster::engine
