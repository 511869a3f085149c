#include "tests/processes/child.hpp"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <system_error>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/identity.hpp"
#include "protocol/pidfd.hpp"
#include "tests/processes/patience.hpp"

extern char** environ;

namespace muster::test {
namespace {

wire::Descriptor create(const std::filesystem::path& path) {
  wire::Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!file) throw std::system_error(errno, std::generic_category(), path.string());
  return file;
}

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> environment_with(const Variables& variables) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text(*entry);
    bool replaced = false;
    for (const auto& variable : variables)
      replaced |= text.starts_with(variable.first + "=");
    if (!replaced) result.push_back(text);
  }
  for (const auto& [name, value] : variables)
    result.push_back(name + "=" + value);
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts)
    result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

Child::Child(std::vector<std::string> arguments, const std::filesystem::path& outputs,
             const Variables& variables) {
  const std::string name = wire::Uuid::random().hex().substr(0, 8);
  out_ = outputs / (name + ".out");
  err_ = outputs / (name + ".err");
  const wire::Descriptor out = create(out_);
  const wire::Descriptor err = create(err_);
  const wire::Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::vector<std::string> environment = environment_with(variables);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(environment);
  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) {
    // Other threads may hold any lock: system calls only.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(nothing.get(), STDIN_FILENO);
    ::dup2(out.get(), STDOUT_FILENO);
    ::dup2(err.get(), STDERR_FILENO);
    ::execve(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  pidfd_ = wire::open_pidfd(pid_);
}

Child::~Child() {
  if (reaped_) return;
  signal(SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::string Child::out() const {
  return content(out_);
}
std::string Child::err() const {
  return content(err_);
}

bool Child::has_said(const std::string& text) const {
  bool found = false;
  eventually([&] {
    const bool over = !running();
    found = out().find(text) != std::string::npos;
    return found || over;
  });
  return found;
}

void Child::signal(int number) const {
  if (!reaped_) ::kill(pid_, number);
}

bool Child::ended_within(int milliseconds) const {
  pollfd end{pidfd_.get(), POLLIN, 0};
  return ::poll(&end, 1, milliseconds) == 1;
}

bool Child::running() const {
  return !reaped_ && !ended_within(0);
}

Finished Child::wait() {
  REQUIRE(ended_within(static_cast<int>(std::chrono::milliseconds(bound).count())));
  int status = 0;
  ::waitpid(pid_, &status, 0);
  reaped_ = true;
  Finished finished;
  if (WIFEXITED(status)) finished.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) finished.signal = WTERMSIG(status);
  finished.out = out();
  finished.err = err();
  return finished;
}

Finished run(std::vector<std::string> arguments, const std::filesystem::path& outputs,
             const Variables& variables) {
  return Child(std::move(arguments), outputs, variables).wait();
}

}  // namespace muster::test
