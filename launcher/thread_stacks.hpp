#pragma once
// What the threads of an engine's process are doing, as its node finds out: each is sent the
// process's signal for that and writes its stack into the shared page (engine/stack_signal.hpp).
// Nothing is traced, so no permission is needed for it.

#include <atomic>

#include <sys/types.h>

#include "engine/page.hpp"
#include "protocol/process_stacks.hpp"

namespace muster::launcher {

/// Looks for three seconds at most, not on the loop's thread, one process at a time. Fills all but
/// the number. A thread that can't answer, because it was stopped or blocks the signal, has the
/// reason instead of a stack.
wire::ProcessStacks look_at_threads(pid_t process, const engine::Page& page,
                                    const std::atomic<bool>& stop);

}  // namespace muster::launcher
