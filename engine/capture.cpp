#include "engine/capture.hpp"

#include <cstdio>
#include <iostream>
#include <streambuf>

#include <stdio_ext.h>

namespace muster::engine {
namespace {

/// Whether a stream buffer holds something that was written to it: only what derives from it may
/// see that.
struct Buffered : std::streambuf {
  static bool any(const std::streambuf& buffer) {
    return (buffer.*&Buffered::pptr)() != (buffer.*&Buffered::pbase)();
  }
};

}  // namespace

Capture::Capture(const detail::EngineMark& mark, Page& page)
    : out_(mark.out, mark.out_log, page.out), err_(mark.err, mark.err_log, page.err) {}

// std::cout writes to stdout, which holds it, until user code calls sync_with_stdio(false).
bool Capture::buffered() {
  if (::__fpending(stdout) != 0) return true;
  const std::streambuf* const buffer = std::cout.rdbuf();
  return buffer != nullptr && buffer != deaf_buffer_ && Buffered::any(*buffer);
}

void Capture::flush() {
  std::cout.flush();
  std::clog.flush();
  std::fflush(stdout);
  // A buffer of the user's own, which collects what is written to std::cout.
  const std::streambuf* const buffer = std::cout.rdbuf();
  if (buffer != nullptr && Buffered::any(*buffer)) deaf_buffer_ = buffer;
}

bool Capture::look() {
  const std::scoped_lock lock(mutex_);
  out_.look();
  err_.look();
  return any_read();
}

void Capture::look_from_aside() {
  // A thread that holds the lock of stdout may do so for long.
  if (::ftrylockfile(stdout) == 0) {
    if (::__fpending(stdout) != 0) ::fflush_unlocked(stdout);
    ::funlockfile(stdout);
  }
  const std::scoped_lock lock(mutex_);
  out_.look();
  err_.look();
  if (any_read()) looked_at_.store(true, std::memory_order_relaxed);
}

std::vector<Capture::Piece> Capture::take() {
  const std::scoped_lock lock(mutex_);
  std::vector<Piece> pieces;
  const auto take_from = [&](CapturedStream& stream, std::uint8_t number) {
    stream.excerpt().take([&](std::uint64_t offset, std::string_view text) {
      pieces.push_back({number, offset, std::string(text)});
    });
  };
  take_from(out_, 0);
  take_from(err_, 1);
  return pieces;
}

void Capture::begin_task() {
  const std::scoped_lock lock(mutex_);
  out_.begin_task();
  err_.begin_task();
  looked_at_.store(false, std::memory_order_relaxed);
}

}  // namespace muster::engine
