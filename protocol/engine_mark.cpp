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
constinit bool wrapped = false;

/// It must be an open descriptor, and must not reach the programs that a task starts.
bool take(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFD);
  return flags >= 0 && ::fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) == 0;
}

/// False when it is there and can't be read.
bool take_module(EngineMark& read) {
  const char* text = std::getenv(module_mark_variable);
  if (text == nullptr) return true;
  char* end = nullptr;
  read.module = static_cast<int>(std::strtol(text, &end, 10));
  if (end == text || *end != ':' || !take(read.module)) return false;
  read.module_path = ::strdup(end + 1);  // the environment's own goes
  ::unsetenv(module_mark_variable);
  return true;
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
  if (!good) {
    std::fprintf(stderr, "muster: %s is set, but not by a node that starts an engine; unset it\n",
                 engine_mark_variable);
    ::_exit(125);
  }
  mark = read;
}

}  // namespace

const std::optional<EngineMark>& engine_mark() noexcept {
  return mark;
}

bool marked_as_engine() noexcept {
  return mark.has_value();
}

bool main_was_wrapped() noexcept {
  return wrapped;
}

void note_wrapped_main() noexcept {
  wrapped = true;
}

}  // namespace muster::detail
