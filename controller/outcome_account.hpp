#pragma once
// Which sessions leave so many outcomes untaken that their tasks get no further dispatch (rule 23).
// It knows neither what an outcome is nor who dispatches.

#include <algorithm>
#include <cstddef>
#include <vector>

#include "controller/task.hpp"
#include "protocol/limits.hpp"

namespace muster::controller {

/// Bytes that the controller keeps until clients' libraries have them, by session. A session may
/// have what is left of the ceiling, up to its share. So sessions that take nothing get each less
/// than the one before, together never all, and there is always some for the next one.
class OutcomeAccount {
 public:
  struct Limits {
    std::size_t session = wire::session_outcomes_max;
    std::size_t all = wire::outcomes_max;
  };
  struct Change {
    SessionRef session;
    bool over;
  };

  explicit OutcomeAccount(Limits limits) : limits_(limits) {}

  /// The session keeps so much now.
  void charge(SessionRef session, std::size_t bytes) {
    if (session >= place_.size()) place_.resize(session + 1, none);
    if (place_[session] == none) {
      if (bytes == 0) return;
      place_[session] = static_cast<std::uint32_t>(entries_.size());
      entries_.push_back({session, 0, false});
    }
    Entry& entry = entries_[place_[session]];
    total_ = total_ - entry.bytes + bytes;
    entry.bytes = bytes;
  }

  /// Sessions that got over their share since the last call, or are no longer. Costs nothing while
  /// little is kept; else a look at each session that keeps something.
  std::vector<Change> judge() {
    std::vector<Change> changes;
    if (over_ == 0 && total_ < least()) return changes;
    for (std::size_t at = 0; at < entries_.size();) {
      Entry& entry = entries_[at];
      // One that got over its share has to come well below it, so that it doesn't change each time.
      const bool over = entry.bytes >= (entry.over ? share() / 2 : share());
      if (over != entry.over) {
        entry.over = over;
        over_ = over ? over_ + 1 : over_ - 1;
        changes.push_back({entry.session, over});
      }
      if (entry.bytes > 0) {
        ++at;
      } else {
        remove(at);
      }
    }
    return changes;
  }

  std::size_t bytes(SessionRef session) const {
    const bool there = session < place_.size() && place_[session] != none;
    return there ? entries_[place_[session]].bytes : 0;
  }
  bool over(SessionRef session) const {
    return session < place_.size() && place_[session] != none && entries_[place_[session]].over;
  }
  std::size_t total() const { return total_; }
  const Limits& limits() const { return limits_; }

 private:
  struct Entry {
    SessionRef session;
    std::size_t bytes;
    bool over;
  };

  /// Of the ceiling a tenth is for tasks that already run when their session gets nothing more.
  std::size_t room() const { return limits_.all - limits_.all / 10; }
  std::size_t share() const {
    const std::size_t left = room() - std::min(room(), total_);
    return std::max(wire::session_outcomes_min, std::min(limits_.session, left));
  }
  /// Below this no session can be over its share.
  std::size_t least() const { return std::min(share(), room() / 2); }
  void remove(std::size_t at) {
    place_[entries_[at].session] = none;
    entries_[at] = entries_.back();
    if (at + 1 < entries_.size()) place_[entries_[at].session] = static_cast<std::uint32_t>(at);
    entries_.pop_back();
  }

  const Limits limits_;
  std::vector<Entry> entries_;        // of sessions that keep something
  std::vector<std::uint32_t> place_;  // by session
  std::size_t total_ = 0;
  std::size_t over_ = 0;
};

}  // namespace muster::controller
