#pragma once
// Tasks that their own client runs, because it is in a task itself and waits for them (rule 33).

#include <cstdint>

#include "controller/core.hpp"

namespace muster::controller {

/// A lent task is held by nobody else: an engine has given it back before, and nothing dispatches
/// it. It may still be cancelled or pass a limit, as one that waits. Its outcome comes from the
/// client and goes the way of all outcomes, so that whoever waits for it hears of it. When the
/// client's link ends it waits again, and what comes of the attempt is dropped.
struct Core::Lending {
  Core& core;

  /// What a client says of it. False when no honest one would.
  bool apply(Peer& client, const wire::Record& record);
  /// An outcome whose body has streamed.
  void apply_outcome(Peer& client, const wire::Record& record, wire::LargeBodyPtr large);
  /// The engine that held it has given it back: its client may have asked for it.
  void came_back(ClientSession& session, std::uint64_t first, std::uint64_t end);
  /// The engine that holds it has begun it. Requires that it has a history.
  void has_begun(ClientSession& session, TaskRef task);
  /// Its client is on a new link, or nowhere.
  void link_is_over(ClientSession& session);

 private:
  void ask_back(ClientSession& session, std::uint64_t counter);
  void lend(ClientSession& session, TaskRef task);
  void say_stays(ClientSession& session, std::uint64_t counter);
  void take_back(TaskRef task, bool began);
  TaskRef lent_task(const ClientSession& session, const wire::Record& record) const;
};

}  // namespace muster::controller
