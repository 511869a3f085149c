#pragma once
// What a process of Muster's own does with memory that large bodies have left when they have passed
// through it. malloc gives it back to the system at once, and the next body gets it page by page
// again, which takes several times as long as to copy it. So it stays until nothing has come for a
// while. In the user's own process malloc stays as the user wants it.

namespace muster::wire {

/// Once, before there are other threads. Doesn't change what the environment says of malloc.
void keep_freed_memory();

/// Gives back what is worth it. Takes milliseconds when that is much.
void give_freed_memory_back();

}  // namespace muster::wire
