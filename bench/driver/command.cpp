#include "bench/driver/command.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

namespace muster::bench {
namespace {

std::system_error failure(const char* what) {
  return std::system_error(errno, std::generic_category(), what);
}

/// The last CPU that this process may use: the first is where a machine does its own work.
void stay_on_one_core() {
  cpu_set_t usable;
  if (::sched_getaffinity(0, sizeof usable, &usable) != 0) return;
  int last = CPU_SETSIZE - 1;
  while (last > 0 && !CPU_ISSET(last, &usable))
    --last;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(last, &one);
  ::sched_setaffinity(0, sizeof one, &one);
}

pid_t spawn(const Command& command, int output) {
  std::vector<std::string> words = command.arguments;
  words.insert(words.begin(), command.program.string());
  std::vector<char*> arguments;
  for (std::string& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) throw failure("fork");
  if (pid > 0) return pid;
  if (command.one_core) stay_on_one_core();
  ::dup2(output, STDOUT_FILENO);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

void wait_for(pid_t pid, const std::string& name) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) throw failure("waitpid");
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  throw std::runtime_error(name +
                           (WIFSIGNALED(status)
                                ? " was ended by signal " + std::to_string(WTERMSIG(status))
                                : " failed with exit code " + std::to_string(WEXITSTATUS(status))));
}

}  // namespace

Running::Running(const Command& command) : name_(command.program.filename().string()) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw failure("pipe2");
  pipe_ = ends[0];
  pid_ = spawn(command, ends[1]);
  ::close(ends[1]);
}

Running::~Running() {
  if (pipe_ >= 0) ::close(pipe_);
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

bool Running::goes_on() {
  pollfd readable{pipe_, POLLIN, 0};
  while (pipe_ >= 0 && ::poll(&readable, 1, 0) > 0)
    read_some();
  return pipe_ >= 0;
}

std::string Running::output() {
  while (pipe_ >= 0)
    read_some();
  const pid_t pid = pid_;
  pid_ = -1;
  wait_for(pid, name_);
  return text_;
}

void Running::read_some() {
  std::array<char, 4096> bytes;
  const ssize_t got = ::read(pipe_, bytes.data(), bytes.size());
  if (got < 0 && errno == EINTR) return;
  if (got > 0) {
    text_.append(bytes.data(), static_cast<std::size_t>(got));
    return;
  }
  ::close(pipe_);
  pipe_ = -1;
}

std::string output_of(const Command& command) {
  return Running(command).output();
}

void run_quietly(const Command& command) {
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  const pid_t pid = spawn(command, nowhere);
  ::close(nowhere);
  wait_for(pid, command.program.filename().string());
}

}  // namespace muster::bench
