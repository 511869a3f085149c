// A command of the system as a task: what view.shell and `muster run` run on engines.

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <muster/shell.hpp>

#include "launcher/memory_file.hpp"
#include "launcher/pipe.hpp"
#include "launcher/process.hpp"
#include "launcher/program_search.hpp"
#include "protocol/descriptor.hpp"
#include "protocol/output_excerpt.hpp"
#include "protocol/own_engine.hpp"

namespace muster::detail {
namespace {

using launcher::make_pipe;
using launcher::Pipe;
using launcher::Process;
using launcher::ProcessExit;
using launcher::ProcessPlan;
using wire::Descriptor;
using wire::OutputExcerpt;
using Clock = std::chrono::steady_clock;

/// From the signal that asks a command to end to the one that ends it: well below what its engine
/// grants the task (a second).
constexpr std::chrono::milliseconds stop_grace{500};
/// As in env(1).
constexpr int cannot_execute = 126;
constexpr int not_found = 127;
/// Of what a failed command has said, in an error's sentence.
constexpr std::size_t last_lines_max = 5;

/// As this process does: in a job a batch system may signal all that the node has started, when it
/// announces the job's end.
bool ignores_announcements() {
  struct sigaction action {};
  return ::sigaction(SIGUSR1, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

/// What a command writes, while that goes on.
class Stream {
 public:
  Stream(Descriptor end, std::size_t bytes_max)
      : end_(std::move(end)), kept_(bytes_max - bytes_max / 2, bytes_max / 2) {}

  pollfd watched() const { return {end_ ? end_.get() : -1, POLLIN, 0}; }
  bool open() const { return static_cast<bool>(end_); }
  void read() {
    std::array<char, 65536> block;
    const ssize_t got = ::read(end_.get(), block.data(), block.size());
    if (got > 0)
      kept_.append(kept_.end(), {block.data(), static_cast<std::size_t>(got)});
    else if (got == 0 || (errno != EINTR && errno != EAGAIN))
      end_.reset();
  }
  const OutputExcerpt& kept() const { return kept_; }

 private:
  Descriptor end_;
  OutputExcerpt kept_;
};

/// While it is there this engine's node knows the command's group.
class KnownToNode {
 public:
  explicit KnownToNode(pid_t group) { note(group); }
  KnownToNode(const KnownToNode&) = delete;
  KnownToNode& operator=(const KnownToNode&) = delete;
  ~KnownToNode() { note(0); }

 private:
  static void note(pid_t group) {
    if (OwnEngine* const engine = own_engine()) engine->note_command(group);
  }
};

/// A command that runs, and its task's wish that it stop. By one thread.
class Running {
 public:
  Running(Process process, const ShellRequest& request, Descriptor out, Descriptor err)
      : process_(std::move(process)),
        known_(process_.pid()),
        stop_signal_(request.stop_signal),
        out_(std::move(out), static_cast<std::size_t>(request.output_max)),
        err_(std::move(err), static_cast<std::size_t>(request.output_max)) {}

  /// Until it has ended and nobody holds its output any more; or until some time after `stopped`
  /// has become readable.
  ProcessExit follow(int stopped) {
    for (;;) {
      const bool output_over = !out_.open() && !err_.open();
      // A command may close its output and go on. While somebody else of its group holds the
      // output it isn't reaped, because that would end the group.
      if (output_over || killed_) {
        if (const auto exit = process_.reap()) return *exit;
      }
      std::array<pollfd, 4> fds{out_.watched(), err_.watched(),
                                pollfd{output_over || killed_ ? process_.pidfd() : -1, POLLIN, 0},
                                pollfd{asked_ ? -1 : stopped, POLLIN, 0}};
      if (::poll(fds.data(), fds.size(), patience()) < 0) continue;
      if (fds[0].revents != 0) out_.read();
      if (fds[1].revents != 0) err_.read();
      if (fds[3].revents != 0) ask_to_stop();
      if (asked_ && !killed_ && Clock::now() >= kill_at_) kill();
    }
  }

  void report(ShellResult& result) const {
    result.out = out_.kept().text();
    result.err = err_.kept().text();
    result.out_left_out = out_.kept().left_out();
    result.err_left_out = err_.kept().left_out();
  }

 private:
  void ask_to_stop() {
    asked_ = true;
    kill_at_ = Clock::now() + stop_grace;
    process_.signal_group(stop_signal_);
  }
  void kill() {
    killed_ = true;
    process_.signal_group(SIGKILL);
  }
  int patience() const {
    if (!asked_ || killed_) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(kill_at_ - Clock::now());
    return static_cast<int>(std::max<std::int64_t>(0, left.count()));
  }

  Process process_;
  KnownToNode known_;
  int stop_signal_;
  Stream out_;
  Stream err_;
  bool asked_ = false;
  bool killed_ = false;
  Clock::time_point kill_at_{};
};

ShellResult not_started(const std::string& name, const std::system_error& error) {
  ShellResult result;
  result.exit_code = error.code().value() == ENOENT ? not_found : cannot_execute;
  result.err = "'" + name + "': " + error.code().message() + "\n";
  return result;
}

Descriptor open_directory(const std::string& path) {
  Descriptor directory(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory)
    throw std::system_error(errno, std::generic_category(), "the command's directory " + path);
  return directory;
}

/// Where its own variables say, if they do.
std::string program_of(const ShellRequest& request) {
  for (const auto& [name, value] : request.env) {
    if (name == "PATH") return launcher::find_program(request.words.front(), value);
  }
  return launcher::find_program(request.words.front());
}

std::string words_of(const ShellRequest& request) {
  const bool line = request.words.size() == 3 && request.words[1] == "-c";
  if (line) return request.words[2];
  std::string text;
  for (const std::string& word : request.words)
    text += (text.empty() ? "" : " ") + word;
  return text;
}

void refuse_failure(const ShellRequest& request, const ShellResult& result) {
  const int signal = result.exit_code - 128;
  const char* name = signal > 0 && signal < NSIG ? ::sigdescr_np(signal) : nullptr;
  std::string text = "'" + words_of(request) + "' ended with exit code " +
                     std::to_string(result.exit_code) +
                     (name != nullptr ? " (" + std::string(name) + ")" : std::string());
  const std::string said = wire::last_lines(result.err, last_lines_max);
  if (!said.empty()) text += "; its stderr ends with: " + said;
  throw std::runtime_error(text);
}

ShellResult run(const ShellRequest& request, const std::stop_token& stop) {
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  const Descriptor stopped(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  Descriptor input;
  Descriptor directory;
  ProcessPlan plan;
  plan.path = program_of(request);
  plan.arguments = request.words;
  plan.environment = request.env;
  if (!request.input.empty()) {
    input = launcher::memory_file(request.input);
    plan.input = input.get();
  }
  if (!request.cwd.empty()) {
    directory = open_directory(request.cwd);
    plan.directory = directory.get();
  }
  if (!request.stream) {
    plan.output = out.write.get();
    plan.errors = err.write.get();
  }
  plan.ignores_announcements = ignores_announcements();
  ShellResult result;
  try {
    Running running(Process::start(plan), request, std::move(out.read), std::move(err.read));
    out.write.reset();
    err.write.reset();
    // The process is touched by this thread only; the callback runs on another.
    const std::stop_callback on_stop(stop, [&] { ::eventfd_write(stopped.get(), 1); });
    const ProcessExit exit = running.follow(stopped.get());
    result.exit_code = exit.signal != 0 ? 128 + exit.signal : exit.code;
    running.report(result);
  } catch (const std::system_error& error) {
    return not_started(request.words.front(), error);
  }
  return result;
}

}  // namespace

ShellResult run_shell_command(const ShellRequest& request, std::stop_token stop) {
  if (request.words.empty()) throw std::runtime_error("a command without words");
  ShellResult result = run(request, stop);
  // Nobody will get the result. What the command has written goes where the task's own output does.
  if (stop.stop_requested()) {
    std::fwrite(result.out.data(), 1, result.out.size(), stdout);
    std::fwrite(result.err.data(), 1, result.err.size(), stderr);
    std::fflush(stdout);
  }
  if (request.check && !result.ok()) refuse_failure(request, result);
  return result;
}

}  // namespace muster::detail
