#pragma once
// A descriptor that makes another thread's poll return.

#include <cerrno>
#include <cstdint>
#include <system_error>

#include <sys/eventfd.h>
#include <unistd.h>

namespace muster::wire {

/// An eventfd. `ring` may be called from any thread.
class Bell {
 public:
  Bell() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;
  ~Bell() { ::close(fd_); }

  int descriptor() const { return fd_; }
  void ring() {
    const std::uint64_t one = 1;
    // It can only fail when it rings already.
    [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one);
  }
  void silence() {
    std::uint64_t count;
    [[maybe_unused]] const ssize_t got = ::read(fd_, &count, sizeof count);
  }

 private:
  int fd_;
};

}  // namespace muster::wire
