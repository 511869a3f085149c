// Which engines there are, as clients are told: a program that addresses them has to know.

#include <algorithm>
#include <iterator>
#include <vector>

#include "controller/core.hpp"

namespace muster::controller {

/// An engine is its node's, and there as long as that has a link or may come back to one.
std::vector<EngineRef> Core::roster() const {
  std::vector<EngineRef> engines;
  for (const Node& node : fleet_.nodes) {
    if (!node.there || node.draining) continue;
    std::copy_if(node.engines.begin(), node.engines.end(), std::back_inserter(engines),
                 [this](EngineRef engine) { return !fleet_.engines[engine].stopped; });
  }
  std::sort(engines.begin(), engines.end());
  return engines;
}

/// To those that have asked, once for all that came or went in a pass.
void Core::say_roster() {
  roster_due_ = false;
  const detail::Buffer body = wire::pack(wire::Roster{roster()});
  for (const auto& [link, peer] : links_) {
    if (!peer->wants_roster) continue;
    peer->control.append(wire::Header{.kind = wire::Kind::roster}, {}, body.bytes());
    touch(*peer);
  }
}

}  // namespace muster::controller
