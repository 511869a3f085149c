// Which engines there are, as clients are told: a program that addresses them has to know.

#include <algorithm>

#include "controller/core.hpp"

namespace muster::controller {

/// An engine is its node's, and there as long as that has a link or may come back to one.
std::vector<EngineRef> Core::roster() const {
  std::vector<EngineRef> engines;
  for (const Node& node : fleet_.nodes) {
    if (node.there) engines.insert(engines.end(), node.engines.begin(), node.engines.end());
  }
  std::sort(engines.begin(), engines.end());
  return engines;
}

/// Once for all that came or went in a pass.
void Core::say_roster() {
  roster_due_ = false;
  const detail::Buffer body = wire::pack(wire::Roster{roster()});
  for (SessionRef ref = 0; ref < sessions_.end(); ++ref) {
    const ClientSession* session = sessions_.get(ref);
    if (session == nullptr || session->peer == nullptr) continue;
    session->peer->control.append(wire::Header{.kind = wire::Kind::roster}, {}, body.bytes());
    touch(*session->peer);
  }
}

}  // namespace muster::controller
