#pragma once
// What a peer has to add to its own monotonic clock to get the controller's (rule 30): measured by
// the smallest round trip so far. Only times that people look at pass through here.

#include <cstdint>

namespace muster::wire {

class ClockOffset {
 public:
  /// One round trip: sent at and received at by our clock, `peer` read at the controller between
  /// the two. Nanoseconds. Keeps the measurement with the smallest round trip. Both clocks are one
  /// if they may be: on one host they are, and half a round trip can be milliseconds.
  void measure(std::int64_t sent, std::int64_t peer, std::int64_t received) {
    const std::int64_t round_trip = received - sent;
    if (round_trip < 0 || round_trip > smallest_) return;
    smallest_ = round_trip;
    const bool may_be_one = sent <= peer && peer <= received;
    offset_ = may_be_one ? 0 : peer - (sent + round_trip / 2);
  }
  /// The smallest round trip; 0 before the first.
  std::int64_t round_trip() const { return smallest_ == INT64_MAX ? 0 : smallest_; }
  std::int64_t to_controller(std::int64_t ours) const { return ours + offset_; }
  std::int64_t from_controller(std::int64_t theirs) const { return theirs - offset_; }

 private:
  std::int64_t smallest_ = INT64_MAX;
  std::int64_t offset_ = 0;
};

}  // namespace muster::wire
