#pragma once
// Dispatches whose bound values aren't all here yet (rule 25). They are in nobody's way, and may be
// given back like those that wait in the queue.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/assignment.hpp"

namespace muster::engine {

class Parked {
 public:
  void add(Assignment assignment, std::vector<std::string> lacks) {
    waiting_.push_back({std::move(assignment), std::move(lacks)});
  }

  /// This value is here: calls `start` with each that lacks nothing any more.
  template <class Start>
  void arrived(std::string_view value, Start&& start) {
    for (Waiting& waiting : waiting_) {
      std::erase(waiting.lacks, value);
      if (waiting.lacks.empty()) start(std::move(waiting.assignment));
    }
    std::erase_if(waiting_, [](const Waiting& waiting) { return waiting.lacks.empty(); });
  }

  /// Never starts this task. False when it isn't here.
  bool give_back(std::uint32_t session, std::uint64_t counter, std::uint64_t attempt) {
    const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& waiting) {
      const Assignment& assignment = waiting.assignment;
      return assignment.session == session && assignment.attempt == attempt &&
             assignment.has(counter);
    });
    if (found == waiting_.end()) return false;
    found->assignment.skip(counter);
    if (found->assignment.left() == 0) waiting_.erase(found);
    return true;
  }

  /// Never starts the last items of this attempt, so many at most; `say(assignment, first, count)`
  /// hears of them. False when it isn't here.
  template <class Say>
  bool give_up_last(std::uint64_t attempt, std::uint32_t most, Say&& say) {
    const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& waiting) {
      return waiting.assignment.attempt == attempt;
    });
    if (found == waiting_.end()) return false;
    Assignment& assignment = found->assignment;
    assignment.give_up_last(
        most, [&](std::uint64_t first, std::uint32_t count) { say(assignment, first, count); });
    if (assignment.left() == 0) waiting_.erase(found);
    return true;
  }

  /// The link is over: what they lack won't come on it, and they are dispatched again.
  void clear() { waiting_.clear(); }
  bool empty() const { return waiting_.empty(); }

 private:
  struct Waiting {
    Assignment assignment;
    std::vector<std::string> lacks;
  };

  std::vector<Waiting> waiting_;
};

}  // namespace muster::engine
