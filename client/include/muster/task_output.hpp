#pragma once
// What tasks have written to stdout and stderr.

#include <cstddef>
#include <string>

namespace muster {

/// What one task has written, in the attempt that ended it or runs now: by printf, by std::cout,
/// by a C library, or by a program that it has started. The same text is in the engine's log.
///
/// Of each stream the first and the last 32 KiB are kept; a line between them says how many bytes
/// were left out. What other threads of the engine's process write meanwhile counts as the task's.
/// Text that is still in a buffer when its process dies is lost, as everywhere; the errors of such
/// tasks have the last lines. A client that doesn't read may miss some, and one whose controller is
/// started again some of what comes after that, unmarked; values never.
///
/// A shell script that opens /dev/stderr anew, by `> /dev/stderr`, cuts off what stands there and
/// wasn't read yet, as it does with every log; `>&2` doesn't.
///
/// Not called stdout and stderr, because <cstdio> has macros of these names.
struct TaskOutput {
  std::string out;
  std::string err;
  int engine = -1;  ///< where it was written; -1 while nothing was

  bool empty() const noexcept { return out.empty() && err.empty(); }
};

/// The same of items of a map. Those that are quicker than some microseconds run without a look in
/// between: of the first of them that print without a buffer (std::cerr, std::endl) it isn't known
/// which it was, so that theirs is said of several, `count` from `index` on.
struct ItemsOutput : TaskOutput {
  std::size_t index = 0;
  std::size_t count = 1;
};

}  // namespace muster
