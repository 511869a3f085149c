#include "launcher/process.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/pidfd.hpp"

extern char** environ;

namespace muster::launcher {
namespace {

using wire::Descriptor;

/// Everything the child needs, prepared by the parent: between vfork and exec the child may only
/// make system calls.
struct ChildImage {
  int executable = -1;
  const char* path = nullptr;
  std::vector<char*> arguments;
  std::vector<char*> environment;
  std::vector<std::pair<int, int>> descriptors;
  std::vector<int> moved;  ///< room for the copies that can't collide with a target
  int directory = -1;
  int first_free = 3;  ///< above every number that the child shall have
  int input = -1;
  int output = -1;
  int errors = -1;
  int failure = -1;  ///< CLOEXEC: closed by a successful exec, else carries errno
  bool dies_with_parent = true;
  bool leads_group = true;
  bool ignores_announcements = false;
  bool pinned = false;
  cpu_set_t cpus{};  ///< if it is
  pid_t parent = 0;
};

[[noreturn]] void give_up(const ChildImage& image) {
  const int error = errno;
  [[maybe_unused]] const ssize_t put = ::write(image.failure, &error, sizeof error);
  ::_exit(127);
}

/// In the child: only async-signal-safe calls, no allocation, no return.
[[noreturn, gnu::noinline]] void become(ChildImage& image) {
  if (image.leads_group && ::setpgid(0, 0) != 0) give_up(image);
  if (image.dies_with_parent) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) give_up(image);
    if (::getppid() != image.parent) ::_exit(127);  // it had ended before the call above
  }
  if (image.directory >= 0 && ::fchdir(image.directory) != 0) give_up(image);
  // An ignored signal stays ignored across exec, and whoever started us may have ignored some.
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal)
    ::sigaction(signal, &standard, nullptr);
  if (image.ignores_announcements) {
    standard.sa_handler = SIG_IGN;
    ::sigaction(SIGUSR1, &standard, nullptr);
    ::sigaction(SIGUSR2, &standard, nullptr);
  }

  if (image.pinned && ::sched_setaffinity(0, sizeof image.cpus, &image.cpus) != 0) give_up(image);

  // First out of the way of all targets, then to their places.
  const auto move_up = [&image](int fd) {
    const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, image.first_free);
    if (copy < 0) give_up(image);
    return copy;
  };
  image.failure = move_up(image.failure);
  if (image.executable >= 0) image.executable = move_up(image.executable);
  image.input = move_up(image.input);
  if (image.output >= 0) image.output = move_up(image.output);
  if (image.errors >= 0) image.errors = move_up(image.errors);
  for (std::size_t i = 0; i < image.descriptors.size(); ++i) {
    image.moved[i] = move_up(image.descriptors[i].first);
  }
  // Descriptors of the program that embeds us, which need not be CLOEXEC. Best effort: a kernel
  // before 5.11 doesn't know the call, and all descriptors of ours are CLOEXEC anyway.
  ::syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
  if (::dup2(image.input, STDIN_FILENO) < 0) give_up(image);
  if (image.output >= 0 &&
      (::dup2(image.output, STDOUT_FILENO) < 0 || ::dup2(image.output, STDERR_FILENO) < 0)) {
    give_up(image);
  }
  if (image.errors >= 0 && ::dup2(image.errors, STDERR_FILENO) < 0) give_up(image);
  for (std::size_t i = 0; i < image.descriptors.size(); ++i) {
    if (::dup2(image.moved[i], image.descriptors[i].second) < 0) give_up(image);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (image.executable >= 0) {
    ::fexecve(image.executable, image.arguments.data(), image.environment.data());
  } else {
    ::execve(image.path, image.arguments.data(), image.environment.data());
  }
  give_up(image);
}

std::vector<std::string> child_environment(const ProcessPlan& plan) {
  std::vector<std::string> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const std::string_view name = text.substr(0, text.find('='));
    const bool replaced = std::any_of(plan.environment.begin(), plan.environment.end(),
                                      [&](const auto& pair) { return pair.first == name; });
    const bool removed = std::find(plan.unset.begin(), plan.unset.end(), name) != plan.unset.end();
    if (!replaced && !removed) variables.emplace_back(text);
  }
  for (const auto& [name, value] : plan.environment)
    variables.push_back(name + "=" + value);
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts)
    result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::string advice(int error) {
  switch (error) {
    case EACCES:
      return " (the file needs the right to be executed, on a file system not mounted noexec)";
    case ENOEXEC:
      return " (it is no program for this machine)";
    case ENOENT:
      return " (the file, or the loader that it names, is not there)";
    case ETXTBSY:
      return " (it is still open for writing; try again when it is complete)";
    case EAGAIN:
      return " (the limit of processes is reached: see ulimit -u)";
    default:
      return "";
  }
}

[[noreturn]] void fail(const ProcessPlan& plan, int error) {
  throw std::system_error(error, std::generic_category(),
                          "cannot start " + plan.path + advice(error));
}

/// Returns the child's pid, or throws with the errno of whatever failed in it.
pid_t vfork_child(const ProcessPlan& plan, ChildImage& image, Descriptor failure,
                  const Descriptor& report) {
  // No handler of ours may run in the child, which shares our memory until it executes.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  // vfork: a program that embeds us may have gigabytes, whose page tables fork would copy.
  const pid_t pid = ::vfork();
  if (pid == 0) become(image);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) fail(plan, error);

  failure.reset();  // the child's copy is the last one: the report ends when it executes
  int child_error = 0;
  ssize_t got = 0;
  do {
    got = ::read(report.get(), &child_error, sizeof child_error);
  } while (got < 0 && errno == EINTR);
  if (got == 0) return pid;
  ::waitpid(pid, nullptr, 0);  // it is on its way to _exit
  fail(plan, got == sizeof child_error ? child_error : EIO);
}

}  // namespace

std::string ProcessExit::text() const {
  if (!known) return "unknown (its end was collected by another part of the program)";
  if (signal == 0) return "exit code " + std::to_string(code);
  const char* name = ::sigdescr_np(signal);
  return "signal " + std::to_string(signal) +
         (name == nullptr ? std::string() : " (" + std::string(name) + ")");
}

Process Process::start(const ProcessPlan& plan) {
  Descriptor input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  int ends[2];
  if (!input || ::pipe2(ends, O_CLOEXEC) != 0) fail(plan, errno);
  Descriptor report(ends[0]);
  Descriptor failure(ends[1]);

  std::vector<std::string> arguments = plan.arguments;
  std::vector<std::string> environment = child_environment(plan);
  ChildImage image;
  image.executable = plan.executable;
  image.path = plan.path.c_str();
  image.arguments = pointers(arguments);
  image.environment = pointers(environment);
  image.descriptors = plan.descriptors;
  image.moved.resize(plan.descriptors.size());
  for (const auto& descriptor : plan.descriptors) {
    image.first_free = std::max(image.first_free, descriptor.second + 1);
  }
  image.directory = plan.directory;
  image.input = plan.input >= 0 ? plan.input : input.get();
  image.output = plan.output;
  image.errors = plan.errors;
  image.failure = failure.get();
  image.dies_with_parent = plan.dies_with_parent;
  image.leads_group = plan.leads_group;
  image.ignores_announcements = plan.ignores_announcements;
  image.pinned = !plan.cpus.empty();
  for (const int cpu : plan.cpus)
    CPU_SET(cpu, &image.cpus);
  image.parent = ::getpid();

  const pid_t pid = vfork_child(plan, image, std::move(failure), report);
  Descriptor pidfd = wire::open_pidfd(pid);
  if (!pidfd) {
    const int error = errno;
    ::kill(plan.leads_group ? -pid : pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    fail(plan, error);
  }
  return Process(pid, plan.leads_group, std::move(pidfd));
}

Process& Process::operator=(Process&& other) noexcept {
  if (this == &other) return *this;
  end();
  pid_ = other.pid_;
  leads_group_ = other.leads_group_;
  pidfd_ = std::move(other.pidfd_);
  exit_ = other.exit_;
  return *this;
}

Process::~Process() {
  end();
}

void Process::end() {
  if (!pidfd_ || exit_) return;
  signal_group(SIGKILL);
  // A process in the kernel's hands (a dead file server) can outlast SIGKILL; we don't wait for it.
  wait_for(std::chrono::seconds(1));
}

// While the child isn't reaped its number can't have been given to somebody else.

void Process::signal(int number) const {
  if (pidfd_ && !exit_) ::kill(pid_, number);
}

void Process::signal_group(int signal) const {
  if (pidfd_ && !exit_) ::kill(leads_group_ ? -pid_ : pid_, signal);
}

std::optional<ProcessExit> Process::reap() {
  if (exit_) return exit_;
  siginfo_t info{};
  const auto id = static_cast<id_t>(pidfd_.get());
  if (::waitid(P_PIDFD, id, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
    if (errno == EINTR) return std::nullopt;
    exit_ = ProcessExit{};
    return exit_;
  }
  if (info.si_pid == 0) return std::nullopt;
  signal_group(SIGKILL);
  ProcessExit exit;
  exit.known = ::waitid(P_PIDFD, id, &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0;
  if (exit.known && info.si_code == CLD_EXITED) exit.code = info.si_status;
  if (exit.known && info.si_code != CLD_EXITED) exit.signal = info.si_status;
  exit_ = exit;
  return exit_;
}

std::optional<ProcessExit> Process::wait_for(std::chrono::milliseconds bound) {
  const auto deadline = std::chrono::steady_clock::now() + bound;
  for (;;) {
    if (auto exit = reap()) return exit;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return std::nullopt;
    pollfd ended{pidfd_.get(), POLLIN, 0};
    ::poll(&ended, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)));
  }
}

}  // namespace muster::launcher
