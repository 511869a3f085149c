#pragma once
// The life of an engine's process, from its start record to the end of file of its node.

#include <muster/detail/entry.hpp>

#include "protocol/engine_mark.hpp"

namespace muster::engine {

/// Serves as an engine and never returns: the process ends when the node's socket ends, when the
/// controller says GOODBYE, or when it is told to.
/// The mark's descriptors are taken; on its socketpair (SOCK_SEQPACKET) to the node one start
/// record waits or will arrive. Call it on the main thread, after the static initialisers have run.
/// `tasks` is the program's table: Muster in a shared library has one of its own.
[[noreturn]] void serve(const detail::EngineMark& mark, const detail::TaskTable& tasks);

}  // namespace muster::engine
