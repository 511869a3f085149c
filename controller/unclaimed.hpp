#pragma once
// What engines and nodes tell a controller that was started again of tasks whose clients haven't
// come back yet: kept until each client has said again which tasks it has, or until the time that
// clients get is over.

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <muster/detail/buffer.hpp>

#include "controller/peer.hpp"
#include "protocol/body.hpp"
#include "protocol/large_body.hpp"
#include "protocol/record.hpp"

namespace muster::controller {

/// Tasks of one dispatch that a process holds: `count` of them from `counter` on.
struct HeldRun {
  ProcessRef process = none;
  std::uint64_t counter = 0;
  std::uint32_t count = 0;
  std::uint64_t attempt = 0;
  std::uint8_t starts = 1;  ///< which start of its task this is
  bool executing = false;   ///< the first one
};

/// An outcome that a process had kept, or found since.
struct KeptOutcome {
  ProcessRef process = none;
  wire::Header header;
  detail::Buffer options;
  detail::Buffer body;
  wire::LargeBodyPtr large;
};

/// All that was heard of one session.
struct SessionNews {
  std::vector<HeldRun> held;
  std::vector<KeptOutcome> outcomes;     ///< in the order in which they came
  std::vector<wire::ProcessEnded> ends;  ///< of processes, each of which names a task of it
};

class Unclaimed {
 public:
  SessionNews& of(const wire::Uuid& session) { return sessions_[session]; }
  /// Takes what was heard of the session out of here; nothing when that is nothing.
  SessionNews take(const wire::Uuid& session) {
    const auto found = sessions_.find(session);
    if (found == sessions_.end()) return {};
    SessionNews news = std::move(found->second);
    sessions_.erase(found);
    return news;
  }
  bool empty() const { return sessions_.empty(); }
  /// Whose tasks these are.
  std::vector<wire::Uuid> sessions() const;

  /// The process holds something that nobody has claimed yet.
  bool has_held_by(ProcessRef process) const;
  /// It holds none of it any more: it has a new link and says it again, or it has ended.
  void forget_held_by(ProcessRef process);
  /// It doesn't hold this item of that attempt any more.
  void forget_item(const wire::Uuid& session, ProcessRef process, std::uint64_t counter,
                   std::uint64_t attempt);

 private:
  std::unordered_map<wire::Uuid, SessionNews> sessions_;
};

}  // namespace muster::controller
