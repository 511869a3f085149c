// Processes that have lived for as long as their tasks allow (ViewOptions::worker_lifespan): they
// start nothing more, and others take their places. Nobody is charged and nothing is lost: what
// such a process still holds was never started there.

#include <algorithm>

#include "controller/core.hpp"

namespace muster::controller {

/// Its outcomes came before, but those that stream may still be on their way.
void Core::apply_retired(const Peer& peer) {
  Process& process = *fleet_.get(peer.index);
  process.restarts = true;
  if (fleet_.engines[process.engine].active == peer.index) scheduler_.suspend(process.engine);
  if (std::find(retiring_.begin(), retiring_.end(), peer.index) == retiring_.end())
    retiring_.push_back(peer.index);
}

/// One that has lost its link says it again on the next.
void Core::end_retired() {
  std::erase_if(retiring_, [this](ProcessRef ref) {
    const Process* process = fleet_.get(ref);
    if (process == nullptr || !process->restarts || process->peer == nullptr) return true;
    if (!process->peer->arriving.empty()) return false;
    order_end(*process);
    return true;
  });
}

}  // namespace muster::controller
