// Stands before the main of every program that uses Muster, by the linker's --wrap=main: in an
// engine, and in a rank of an MPI job that is one, the user's main never runs. Alone in its object
// file, which only that option pulls in, so that its presence says that the option was there.

#include <string_view>

#include <muster/detail/entry.hpp>

#include "engine/replay.hpp"
#include "engine/serve.hpp"
#include "launcher/mpi_rank.hpp"
#include "protocol/engine_mark.hpp"

extern "C" int __real_main(int argc, char** argv, char** envp);

namespace {

// Before the user's static initialisers, among which may be a Client that asks.
__attribute__((constructor(101))) void note() {
  muster::detail::note_wrapped_main();
}

}  // namespace

// All static initialisers have run by now, so the table of tasks is complete.
extern "C" int __wrap_main(int argc, char** argv, char** envp) {
  if (const auto& mark = muster::detail::engine_mark()) {
    muster::engine::serve(*mark, muster::detail::TaskTable::instance());
  }
  if (const auto& mark = muster::detail::replay_mark()) {
    muster::engine::replay(*mark, muster::detail::TaskTable::instance());
  }
  if (argc > 1 && argv[1] == muster::launcher::rank_argument) {
    return muster::launcher::serve_as_rank();
  }
  return __real_main(argc, argv, envp);
}
