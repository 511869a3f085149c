#include "launcher/descendants.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/descriptor.hpp"
#include "protocol/pidfd.hpp"

namespace muster::launcher {
namespace {

namespace fs = std::filesystem;

/// The parent's pid from /proc/PID/stat, 0 when the process is gone.
pid_t parent_of(const fs::path& process) {
  std::ifstream file(process / "stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  // "pid (name) state ppid …": the name may hold anything, so count from the last bracket.
  const std::size_t bracket = text.rfind(')');
  if (bracket == std::string::npos || text.size() < bracket + 5) return 0;
  pid_t parent = 0;
  std::from_chars(text.data() + bracket + 4, text.data() + text.size(), parent);
  return parent;
}

std::vector<pid_t> children() {
  // Not /proc/self/task/*/children: kernels may be built without it.
  std::vector<pid_t> result;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    pid_t pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ec != std::errc{} || parsed.ptr != name.data() + name.size()) continue;
    if (parent_of(entry->path()) == ::getpid()) result.push_back(pid);
  }
  return result;
}

/// Reaps what has ended. False when there are no children at all.
bool reap_all() {
  for (;;) {
    const pid_t pid = ::waitpid(-1, nullptr, WNOHANG);
    if (pid == 0) return true;
    if (pid < 0 && errno != EINTR) return false;
  }
}

void wait_for_one(pid_t pid, std::chrono::milliseconds bound) {
  const wire::Descriptor pidfd = wire::open_pidfd(pid);
  if (!pidfd) return;
  pollfd ended{pidfd.get(), POLLIN, 0};
  ::poll(&ended, 1, static_cast<int>(bound.count()));
}

}  // namespace

void become_subreaper() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    throw std::system_error(errno, std::generic_category(), "prctl(PR_SET_CHILD_SUBREAPER)");
  }
}

void reap_strays(const std::function<bool(pid_t)>& is_watched) {
  // WNOWAIT shows the first ended child and leaves it; one that is watched hides those behind it
  // until its watcher has reaped it, and the next call sees them.
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    if (is_watched(info.si_pid)) return;
    ::waitpid(info.si_pid, nullptr, WNOHANG);
  }
}

bool end_descendants(std::chrono::milliseconds bound) {
  const auto deadline = std::chrono::steady_clock::now() + bound;
  // Each pass kills the children; theirs then become ours, for the next pass.
  while (reap_all()) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    const std::vector<pid_t> alive = children();
    for (const pid_t pid : alive)
      ::kill(pid, SIGKILL);
    // Short waits: the one that we wait for may be the one that the kernel holds.
    if (!alive.empty()) wait_for_one(alive.front(), std::min(left, std::chrono::milliseconds(50)));
  }
  return true;
}

}  // namespace muster::launcher
