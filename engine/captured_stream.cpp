#include "engine/captured_stream.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <cstddef>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace muster::engine {
namespace {

constexpr std::size_t block_bytes = std::size_t{32} << 10;
/// Memory of what was read goes back to the system in pieces of this size.
constexpr std::uint64_t freed_at_once = std::uint64_t{1} << 20;

bool is_file(int descriptor) {
  struct stat about {};
  return ::fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode);
}

}  // namespace

CapturedStream::CapturedStream(int file, int log, Page::Output& place)
    : file_(file), log_(log), log_is_file_(is_file(log)), place_(place) {}

void CapturedStream::look() {
  const std::uint64_t end = find_end();
  if (end < read_) begin_anew();
  if (read_ == end && place_.passed_on.load(std::memory_order_relaxed) == end) return;
  read_up_to(end);
  pass_on(end);
  free_memory();
}

std::uint64_t CapturedStream::find_end() const {
  return static_cast<std::uint64_t>(std::max<off_t>(0, ::lseek(file_.get(), 0, SEEK_END)));
}

/// `> /dev/stderr` in a shell script cuts the file off.
void CapturedStream::begin_anew() {
  read_ = freed_ = 0;
  place_.begin.store(0, std::memory_order_relaxed);
  place_.passed_on.store(0, std::memory_order_relaxed);
}

void CapturedStream::read_up_to(std::uint64_t end) {
  if (end - read_ > backlog_max) {
    of_task_ += end - kept_behind - read_;
    read_ = end - kept_behind;
  }
  std::array<char, block_bytes> block;
  while (read_ < end) {
    const ssize_t got =
        ::pread(file_.get(), block.data(), std::min<std::uint64_t>(block.size(), end - read_),
                static_cast<off_t>(read_));
    if (got <= 0) return;
    const std::string_view text(block.data(), static_cast<std::size_t>(got));
    excerpt_.append(of_task_, text);
    of_task_ += text.size();
    read_ += text.size();
  }
}

/// A log that is a file takes everything. A terminal may stand still, and a pipe be full: they get
/// only what they take at once, because a heartbeat may be due behind it.
void CapturedStream::pass_on(std::uint64_t end) {
  std::uint64_t from = place_.passed_on.load(std::memory_order_relaxed);
  if (end - from > backlog_max) from = end - kept_behind;
  std::array<char, block_bytes> block;
  while (from < end) {
    pollfd writable{log_.get(), POLLOUT, 0};
    if (!log_is_file_ && (::poll(&writable, 1, 0) != 1 || (writable.revents & POLLERR) != 0)) break;
    const std::size_t most = log_is_file_ ? block.size() : PIPE_BUF;
    const ssize_t got =
        ::pread(file_.get(), block.data(), std::min<std::uint64_t>(most, end - from),
                static_cast<off_t>(from));
    if (got <= 0) break;
    const ssize_t written = ::write(log_.get(), block.data(), static_cast<std::size_t>(got));
    if (written <= 0) break;
    from += static_cast<std::uint64_t>(written);
  }
  place_.passed_on.store(from, std::memory_order_relaxed);
}

/// All but the end of what was read, which the node tells should the process die now.
void CapturedStream::free_memory() {
  const std::uint64_t done =
      std::min<std::uint64_t>(read_, place_.passed_on.load(std::memory_order_relaxed));
  if (done < freed_ + freed_at_once + kept_behind) return;
  freed_ = done - kept_behind;
  ::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
              static_cast<off_t>(freed_));
}

void CapturedStream::begin_task() {
  place_.begin.store(read_, std::memory_order_relaxed);
  if (of_task_ == 0) return;
  of_task_ = 0;
  excerpt_ = {};
}

}  // namespace muster::engine
