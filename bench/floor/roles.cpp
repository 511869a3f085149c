#include "bench/floor/roles.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <system_error>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace muster::bench {
namespace {

constexpr unsigned bound_s = 60;

}  // namespace

Roles::Roles() {
  ::alarm(bound_s);
}

void Roles::end() {
  for (const pid_t pid : pids_)
    ::kill(pid, SIGKILL);
  for (const pid_t pid : pids_)
    ::waitpid(pid, nullptr, 0);
  pids_.clear();
}

void Roles::start(const std::function<void()>& role) {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid > 0) {
    pids_.push_back(pid);
    return;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it ended before the line above
  try {
    role();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "floor: %s\n", error.what());
    // Nobody can go on without it, and the others would wait for ever.
    ::kill(parent, SIGTERM);
  }
  ::_exit(1);
}

}  // namespace muster::bench
