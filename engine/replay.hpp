#pragma once
// A task that was recorded, done once more outside of the cluster: what `muster debug` starts a
// program for, perhaps under a debugger.

#include <muster/detail/entry.hpp>

#include "protocol/engine_mark.hpp"

namespace muster::engine {

/// The first byte of the file of the result; nothing is in it when the program never came so far.
enum class Replayed : char {
  begun = 'b',     ///< the program came to it
  returned = 'r',  ///< the encoded value follows
};

/// Does the task of the mark with the functions of `tasks`, or of the mark's module, on this
/// thread, and ends the process: with 0, or with 1 and the error's words on stderr, as the task's
/// caller would read them. Call it on the main thread, after the static initialisers have run.
[[noreturn]] void replay(const detail::ReplayMark& mark, const detail::TaskTable& tasks);

}  // namespace muster::engine
