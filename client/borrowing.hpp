#pragma once
// Which of its tasks a client has asked back to run them itself, and which it has got (rule 33).

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "protocol/lending.hpp"
#include "protocol/outgoing_streams.hpp"

namespace muster::client {

/// One that is the client's now, as this attempt.
struct Borrowed {
  std::uint64_t counter = 0;
  std::uint64_t attempt = 0;
  std::uint8_t starts = 1;  ///< which start of its task it is
};

struct Borrowing {
  /// Threads in a task that wait: without one everything goes back.
  unsigned waits = 0;
  /// Without an answer.
  std::vector<std::uint64_t> asked{};
  /// To be run, or being run, in the order of the answers.
  std::deque<Borrowed> here{};
  /// From here on all that is open was asked for; those below may be.
  std::uint64_t below = UINT64_MAX;
  /// How many to ask for at once: more of quick ones, of which each way costs more than the work.
  std::uint32_t batch = 1;
  /// Outcomes that don't fit into a record.
  std::map<std::uint64_t, wire::OutgoingStreamPtr> streams{};

  bool has(std::uint64_t counter) const {
    for (const Borrowed& task : here) {
      if (task.counter == counter) return true;
    }
    return false;
  }
};

}  // namespace muster::client
