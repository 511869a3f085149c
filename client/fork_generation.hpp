#pragma once
// How many forks lie between the program's start and this process: a connection belongs to the
// process that made it, and asking the kernel who we are would cost a system call with each task.

namespace muster::client {

/// Differs between a process and the children that it forks. Any thread.
unsigned fork_generation();

}  // namespace muster::client
