#pragma once
// Commands of the system as tasks: what view.shell(...) takes and gives.

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <msgpack.hpp>

namespace muster {

/// What is run: a line for /bin/sh, `"make | tee log"`, or a program with its arguments, each as it
/// stands, `{"ls", "-l", name}`.
class ShellCommand {
 public:
  ShellCommand(const char* line) : ShellCommand(std::string(line)) {}
  ShellCommand(std::string line) {
    if (!line.empty()) words_ = {"/bin/sh", "-c", std::move(line)};
  }
  ShellCommand(std::initializer_list<std::string> words) : words_(words) {}
  ShellCommand(std::vector<std::string> words) : words_(std::move(words)) {}

  const std::vector<std::string>& words() const { return words_; }

 private:
  std::vector<std::string> words_;
};

struct ShellOptions {
  /// Added to the environment that engines have, or in place of what has the name there.
  std::vector<std::pair<std::string, std::string>> env{};
  /// The directory in which it runs, on the engine's host; empty: the engine's own.
  std::string cwd{};
  /// What it reads from stdin, any bytes.
  std::string input{};
  /// The time that it has on its engine: the `run` limit of the view's options (Timeouts), for this
  /// command.
  std::optional<std::chrono::nanoseconds> timeout{};
  /// Let a command fail the task that doesn't end with exit code 0: get() throws a TaskError with
  /// the command, its status and the last lines of its stderr.
  bool check = false;
  /// Let what it prints be the task's own output, which is read while it runs
  /// (AsyncResult::output, stream_output), and not a part of the result.
  bool stream = false;
  /// So many bytes of stdout, and of stderr, come with the result: of what is longer the first half
  /// and the last, with a line between them that says how much is missing.
  std::size_t output_max = std::size_t{1} << 20;
  /// How it is asked to end when its task is cancelled or has no more time. What is left of its
  /// process group half a second later is killed.
  int stop_signal = SIGTERM;
};

struct ShellResult {
  /// The command's; 128 + n when signal n ended it; 127 when there is no such program, 126 when it
  /// can't be executed.
  std::int32_t exit_code = 0;
  std::string out;                 ///< what it has written to stdout
  std::string err;                 ///< and to stderr, or why it could not be started
  std::uint64_t out_left_out = 0;  ///< bytes of stdout that `out` doesn't have
  std::uint64_t err_left_out = 0;
  MSGPACK_DEFINE(exit_code, out, err, out_left_out, err_left_out)

  bool ok() const { return exit_code == 0; }
};

namespace detail {

/// What travels of a command.
struct ShellRequest {
  std::vector<std::string> words;
  std::vector<std::pair<std::string, std::string>> env;
  std::string cwd;
  std::string input;
  bool check = false;
  bool stream = false;
  std::uint64_t output_max = 0;
  std::int32_t stop_signal = SIGTERM;
  MSGPACK_DEFINE(words, env, cwd, input, check, stream, output_max, stop_signal)
};

/// Throws ClusterError for what can't be meant: no words, a name without letters in `env`.
ShellRequest shell_request(const ShellCommand& command, const ShellOptions& options);

/// The task. Runs the command in a process group of its own that ends with this engine, or when it
/// is told to stop; returns when it has ended and nobody holds its output any more.
ShellResult run_shell_command(const ShellRequest& request, std::stop_token stop);

}  // namespace detail
}  // namespace muster
