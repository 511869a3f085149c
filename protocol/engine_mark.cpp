#include "protocol/engine_mark.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace muster::detail {
namespace {

// Constant-initialised: a constructor below writes them before other initialisers have run.
constinit std::optional<EngineMark> mark;
constinit std::optional<ReplayMark> replay;
constinit bool wrapped = false;

/// It must be an open descriptor, and must not reach the programs that a task starts.
bool take(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFD);
  return flags >= 0 && ::fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) == 0;
}

/// False when it is there and can't be read.
template <class Mark>
bool take_module(Mark& read) {
  const char* text = std::getenv(module_mark_variable);
  if (text == nullptr) return true;
  char* end = nullptr;
  read.module = static_cast<int>(std::strtol(text, &end, 10));
  if (end == text || *end != ':' || !take(read.module)) return false;
  read.module_path = ::strdup(end + 1);  // the environment's own goes
  ::unsetenv(module_mark_variable);
  return true;
}

[[noreturn]] void refuse(const char* variable, const char* by) {
  std::fprintf(stderr, "muster: %s is set, but not by %s; unset it\n", variable, by);
  ::_exit(125);
}

// 101 is the first priority that a program may use; user code without a priority comes after all of
// them.
__attribute__((constructor(101))) void read_engine_mark() {
  const char* text = std::getenv(engine_mark_variable);
  if (text == nullptr) return;
  EngineMark read;
  char rest = 0;
  const int numbers = std::sscanf(text, "%d:%d:%d:%d:%d:%d%c", &read.node, &read.page, &read.out,
                                  &read.err, &read.out_log, &read.err_log, &rest);
  const bool good = numbers == 6 && take(read.node) && take(read.page) && take(read.out) &&
                    take(read.err) && take(read.out_log) && take(read.err_log) && take_module(read);
  ::unsetenv(engine_mark_variable);
  if (!good) refuse(engine_mark_variable, "a node that starts an engine");
  mark = read;
}

// Under a debugger the program may be started again: it is the files that have the task.
__attribute__((constructor(101))) void read_replay_mark() {
  const char* text = std::getenv(replay_mark_variable);
  if (text == nullptr || mark) return;
  ReplayMark read;
  char rest = 0;
  const bool good = std::sscanf(text, "%d:%d%c", &read.task, &read.result, &rest) == 2 &&
                    take(read.task) && take(read.result) && take_module(read);
  ::unsetenv(replay_mark_variable);
  if (!good) refuse(replay_mark_variable, "muster debug");
  replay = read;
}

}  // namespace

const std::optional<EngineMark>& engine_mark() noexcept {
  return mark;
}

const std::optional<ReplayMark>& replay_mark() noexcept {
  return replay;
}

bool marked_as_engine() noexcept {
  return mark.has_value() || replay.has_value();
}

bool main_was_wrapped() noexcept {
  return wrapped;
}

void note_wrapped_main() noexcept {
  wrapped = true;
}

}  // namespace muster::detail
