#pragma once
// Descriptors of processes, by system call: the C library's header lacks extern "C" before 2.37.

#include <cerrno>
#include <csignal>

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "protocol/descriptor.hpp"

namespace muster::wire {

/// None, with errno set, when there is no such process.
inline Descriptor open_pidfd(pid_t pid) {
  return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
}

/// False also of one that has ended and whose parent hasn't asked yet.
inline bool is_alive(pid_t pid) {
  const Descriptor process = open_pidfd(pid);
  if (!process) return errno != ESRCH;
  pollfd end{process.get(), POLLIN, 0};
  return ::poll(&end, 1, 0) == 0;
}

/// Unlike kill() it never meets a later process that was given the same number.
inline void send_signal(const Descriptor& pidfd, int signal) {
  ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0U);
}

}  // namespace muster::wire
