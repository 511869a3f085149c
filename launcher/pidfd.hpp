#pragma once
// Descriptors of processes, by system call: the C library's header lacks extern "C" before 2.37.

#include <csignal>

#include <sys/syscall.h>
#include <unistd.h>

#include "protocol/descriptor.hpp"

namespace muster::launcher {

/// None, with errno set, when there is no such process.
inline wire::Descriptor open_pidfd(pid_t pid) {
  return wire::Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
}

/// Unlike kill() it never meets a later process that was given the same number.
inline void send_signal(const wire::Descriptor& pidfd, int signal) {
  ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0U);
}

}  // namespace muster::launcher
