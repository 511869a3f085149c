#pragma once
// Two descriptors that make a poll return: one that another thread rings, one that time rings.

#include <chrono>
#include <cstdint>
#include <system_error>

#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace muster::engine {

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
