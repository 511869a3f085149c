#pragma once
// What has happened at a controller since it began, in numbers: for `muster status` and for tests.

#include <cstdint>

namespace muster::controller {

struct Counts {
  std::uint64_t submitted = 0;
  std::uint64_t settled = 0;
  std::uint64_t failed = 0;            ///< of them, other than with a value
  std::uint64_t dropped_outcomes = 0;  ///< late, double, or after a cancel
  std::uint64_t crashes = 0;
  std::uint64_t moves = 0;
  std::uint64_t recalls = 0;    ///< orders to give tasks back
  std::uint64_t recalled = 0;   ///< tasks that were
  std::uint64_t held_back = 0;  ///< times that a session got nothing more for its outcomes
  std::uint64_t rubbish = 0;    ///< frames that were no messages
  std::uint64_t links = 0;
  std::uint64_t gaps = 0;           ///< links that ended because a message was lost
  std::uint64_t duplicates = 0;     ///< messages that came twice, and were dropped
  std::uint64_t sent_again = 0;     ///< messages with outcomes, on a new link of their client
  std::uint64_t refused_keys = 0;   ///< connections
  std::uint64_t refused_roles = 0;  ///< peers that wanted to be what their keys don't allow
  std::uint64_t asked_again = 0;    ///< submissions, for what was forgotten of those they wait for
  std::uint64_t adopted = 0;        ///< tasks that engines had from a predecessor, and went on with
  std::uint64_t image_bytes_sent = 0;      ///< to nodes
  std::uint64_t image_bytes_received = 0;  ///< from clients
  std::uint64_t values_sent = 0;           ///< bound values, to engines' processes
  std::uint64_t value_bytes_sent = 0;
  std::uint64_t value_bytes_received = 0;  ///< from clients
  std::uint64_t values_to_hosts = 0;       ///< large ones, to nodes for all of their processes
  std::uint64_t value_bytes_to_hosts = 0;
};

}  // namespace muster::controller
