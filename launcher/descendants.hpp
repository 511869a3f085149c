#pragma once
// All processes below this one, also those whose parents have died. Only for processes that are
// Muster's own (node, launcher): in a user's program the other children are not ours to touch.

#include <chrono>
#include <functional>

#include <sys/types.h>

namespace muster::launcher {

/// From now on orphaned descendants become children of this process instead of init's. Throws
/// std::system_error.
void become_subreaper();

/// Collects children that have ended and that nobody here started, so that they don't stay zombies.
/// `is_watched` names those that somebody else will reap.
void reap_strays(const std::function<bool(pid_t)>& is_watched);

/// How long a process of Muster's own waits for the end of what it has started.
inline constexpr std::chrono::seconds descendants_bound{2};

/// SIGKILL to every descendant until none is left. False when some were still there after `bound`
/// (a process inside the kernel can't be killed).
bool end_descendants(std::chrono::milliseconds bound);

}  // namespace muster::launcher
