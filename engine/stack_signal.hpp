#pragma once
// How an engine's process shows its stacks: a signal, by which each thread writes where it is into
// the page that its node sees. Works while user code runs, hangs or holds locks: nothing is
// allocated, and no other thread of the process is needed.

#include "engine/page.hpp"

namespace muster::engine {

/// Chooses a real-time signal that nobody uses and says it in the page. Call it once, before there
/// are other threads.
void answer_stack_signal(Page& page);

}  // namespace muster::engine
