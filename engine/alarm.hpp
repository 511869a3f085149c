#pragma once
// A descriptor that makes a poll return when time has passed.

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <system_error>

#include <sys/timerfd.h>
#include <unistd.h>

namespace muster::engine {

/// A timerfd that rings once. Arming it wakes nobody.
class Alarm {
 public:
  Alarm() : fd_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "timerfd_create");
  }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  ~Alarm() { ::close(fd_); }

  int descriptor() const { return fd_; }
  void ring_after(std::chrono::nanoseconds delay) {
    itimerspec when{};
    when.it_value.tv_sec = delay.count() / 1'000'000'000;
    when.it_value.tv_nsec = delay.count() % 1'000'000'000;
    ::timerfd_settime(fd_, 0, &when, nullptr);
  }
  void silence() {
    std::uint64_t count;
    [[maybe_unused]] const ssize_t got = ::read(fd_, &count, sizeof count);
  }

 private:
  int fd_;
};

}  // namespace muster::engine
