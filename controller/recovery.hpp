#pragma once
// What a controller that was started again waits for before it gives tasks that were submitted to
// its predecessor to engines (rule 7): every node and engine's process of the last known set, or
// the end of its patience. Decides nothing else, and knows no tasks.

#include <string>
#include <unordered_set>
#include <vector>

#include "controller/peer.hpp"
#include "protocol/identity.hpp"
#include "protocol/lane.hpp"

namespace muster::controller {

/// The engines that a cluster has had, kept on disk for the controller's successor. An engine's id
/// is never given twice; only the nodes that are there are waited for.
struct KnownFleet {
  struct KnownNode {
    wire::Uuid id;
    std::string host;
    std::vector<EngineRef> engines;
    bool operator==(const KnownNode&) const = default;
  };
  EngineRef next_engine = 0;
  std::vector<KnownNode> nodes;
  std::vector<EngineRef> stopped{};  ///< of these nodes, ascending: those that were shut down
  bool operator==(const KnownFleet&) const = default;
};

class Recovery {
 public:
  /// Of the cluster's first controller: there is nothing to wait for.
  Recovery() = default;
  /// Until `end` at the latest. `complete` says that all nodes that may come are told of by
  /// `await`; else only time can tell.
  Recovery(wire::Instant end, bool complete) : over_(false), complete_(complete), end_(end) {}

  void await(const wire::Uuid& node) { nodes_.insert(node); }
  void await(ProcessRef process) {
    if (!over_) processes_.insert(process);
  }
  /// It has said what it has, and the processes that it has are awaited from now on.
  void is_back(const wire::Uuid& node) { nodes_.erase(node); }
  /// It has said what it holds, or has ended.
  void is_back(ProcessRef process) { processes_.erase(process); }
  bool awaits(ProcessRef process) const { return processes_.contains(process); }

  bool over() const { return over_; }
  /// True once: when the last one is back, or the time is over.
  bool ends(wire::Instant now) {
    if (over_) return false;
    over_ = now >= end_ || (complete_ && nodes_.empty() && processes_.empty());
    if (over_) processes_.clear();
    return over_;
  }
  /// When to look at the latest; the end of time when it is over.
  wire::Instant end() const { return over_ ? wire::Instant::max() : end_; }
  /// This controller itself was stopped for so long.
  void forgive(wire::Instant::duration lag) { end_ += lag; }

 private:
  bool over_ = true;
  bool complete_ = true;
  wire::Instant end_{};
  std::unordered_set<wire::Uuid> nodes_;
  std::unordered_set<ProcessRef> processes_;
};

}  // namespace muster::controller
