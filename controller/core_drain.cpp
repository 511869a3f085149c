// Nodes that drain (rule 34): whoever has them end, a batch system before a time limit, has said so
// in time. Their engines get nothing new and give back what they haven't started; what runs may go
// on until the node's time is over. When nothing is left there the node is told, and leaves.

#include <algorithm>

#include "controller/core.hpp"
#include "protocol/drain.hpp"

namespace muster::controller {
namespace {

constexpr std::chrono::hours longest{1000};  // whatever a node says

/// "engine 4", "engines 4 to 7", "engines 4, 6 and 7".
std::string named(const std::vector<EngineRef>& engines) {
  if (engines.empty()) return "no engines";
  const std::string first = std::to_string(engines.front());
  const std::string last = std::to_string(engines.back());
  if (engines.size() == 1) return "engine " + first;
  if (engines.back() - engines.front() + 1 == engines.size() && engines.size() > 2)
    return "engines " + first + " to " + last;
  std::string text = "engines " + first;
  for (std::size_t i = 1; i + 1 < engines.size(); ++i)
    text += ", " + std::to_string(engines[i]);
  return text + " and " + last;
}

}  // namespace

bool Core::apply_drain(Peer& peer, const wire::Record& record, Instant now) {
  auto drain = wire::unpack<wire::Drain>(record.body);
  if (!drain) return false;
  Node& node = fleet_.nodes[peer.index];
  if (node.draining) return true;  // it is said again to a controller that may not know
  const auto rest = std::clamp(std::chrono::nanoseconds(drain->remaining_ns),
                               std::chrono::nanoseconds(0), std::chrono::nanoseconds(longest));
  node.draining = {std::move(drain->reason),
                   now + std::chrono::duration_cast<Instant::duration>(rest)};
  draining_.push_back(peer.index);
  roster_due_ = true;
  for (const EngineRef engine : node.engines) {
    // It would change its program for tasks that it isn't to get.
    fleet_.engines[engine].wanted = none;
    scheduler_.suspend(engine);
    take_back_unstarted(engine);
  }
  const auto time = std::chrono::round<std::chrono::seconds>(rest);
  news_.push_back(node.draining->reason + ": " + named(node.engines) + ", on " + node.host +
                  (node.engines.size() == 1 ? ", drains" : ", drain") + " for at most " +
                  std::to_string(time.count()) + " s");
  note(news_.back());
  place_due_ = true;
  return true;
}

bool Core::is_draining(EngineRef ref) const {
  const Engine& engine = fleet_.engines[ref];
  return engine.stopped || fleet_.nodes[engine.node].draining.has_value();
}

/// An engine that runs one of them says nothing to that.
void Core::take_back_unstarted(EngineRef engine) {
  order_recall(scheduler_.recall_unstarted(engine));
}

/// What was dispatched before, or found with an engine by a controller that was started again, may
/// not have been asked back, or not been heard.
void Core::see_to_drains() {
  for (const NodeRef node : draining_) {
    for (const EngineRef engine : fleet_.nodes[node].engines)
      take_back_unstarted(engine);
  }
}

void Core::tell_who_is_drained() {
  if (!recovery_.over()) return;
  for (const NodeRef ref : draining_) {
    Node& node = fleet_.nodes[ref];
    if (node.peer == nullptr || node.untold || node.draining->told || !is_drained(node)) continue;
    node.draining->told = true;
    order(node, wire::Kind::drained, {});
  }
}

bool Core::is_drained(const Node& node) const {
  return std::all_of(node.engines.begin(), node.engines.end(), [this](EngineRef engine) {
    const std::vector<ProcessRef>& processes = fleet_.engines[engine].processes;
    return scheduler_.held(engine) == 0 &&
           std::none_of(processes.begin(), processes.end(),
                        [this](ProcessRef process) { return unclaimed_.has_held_by(process); });
  });
}

}  // namespace muster::controller
