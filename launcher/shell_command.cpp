#include "launcher/shell_command.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "launcher/exit_code.hpp"
#include "launcher/pipe.hpp"
#include "launcher/process.hpp"
#include "launcher/program_search.hpp"
#include "protocol/descriptor.hpp"

namespace muster::launcher {
namespace {

using wire::Descriptor;

/// As this process does: in a job a batch system may signal all that the node has started, when it
/// announces the job's end.
bool ignores_announcements() {
  struct sigaction action {};
  return ::sigaction(SIGUSR1, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

/// False at the end of file.
bool read_some(int fd, std::string& text) {
  std::array<char, 16384> block;
  const ssize_t got = ::read(fd, block.data(), block.size());
  if (got > 0) text.append(block.data(), static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

/// Reads both until their ends, or until `stopped` becomes readable.
void collect(Descriptor out, Descriptor err, int stopped, ShellResult& result) {
  std::array<pollfd, 3> fds{pollfd{out.get(), POLLIN, 0}, pollfd{err.get(), POLLIN, 0},
                            pollfd{stopped, POLLIN, 0}};
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return;
    if (fds[2].revents != 0) return;
    if (fds[0].revents != 0 && !read_some(fds[0].fd, result.output)) fds[0].fd = -1;
    if (fds[1].revents != 0 && !read_some(fds[1].fd, result.errors)) fds[1].fd = -1;
  }
}

/// A command may close its output and go on. `stopped` ends it with its group.
ProcessExit wait_for_end(Process& process, int stopped) {
  std::array<pollfd, 2> fds{pollfd{process.pidfd(), POLLIN, 0}, pollfd{stopped, POLLIN, 0}};
  for (;;) {
    ::poll(fds.data(), fds.size(), -1);
    if (fds[1].revents != 0) {
      process.signal_group(SIGKILL);
      fds[1].fd = -1;
    }
    if (const auto exit = process.reap()) return *exit;
  }
}

ShellResult not_started(const std::string& name, const std::system_error& error) {
  const bool missing = error.code().value() == ENOENT;
  ShellResult result;
  result.exit_code = missing ? int{exit_not_found} : int{exit_cannot_execute};
  result.errors = "muster run: '" + name + "': " + error.code().message() + "\n";
  return result;
}

}  // namespace

ShellResult run_shell_command(std::vector<std::string> arguments, std::stop_token stop) {
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  const Descriptor stopped(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  ProcessPlan plan;
  plan.path = find_program(arguments.front());
  plan.arguments = arguments;
  plan.output = out.write.get();
  plan.errors = err.write.get();
  plan.ignores_announcements = ignores_announcements();
  ShellResult result;
  try {
    Process process = Process::start(plan);
    out.write.reset();
    err.write.reset();
    // The process is touched by this thread only; the callback runs on another.
    const std::stop_callback on_stop(stop, [&] { ::eventfd_write(stopped.get(), 1); });
    collect(std::move(out.read), std::move(err.read), stopped.get(), result);
    const ProcessExit exit = wait_for_end(process, stopped.get());
    result.exit_code = exit.signal != 0 ? 128 + exit.signal : exit.code;
    return result;
  } catch (const std::system_error& error) {
    return not_started(arguments.front(), error);
  }
}

}  // namespace muster::launcher
