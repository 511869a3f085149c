#pragma once
// The bound values that a client keeps: those that open tasks name, and the latest of the others,
// so that they needn't be sent again (rule 25); but arguments of calls, and references to memory
// of this program, no longer than these. The
// controller has what it was told of, and forgets what it is told to.

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <muster/detail/bound_value.hpp>

#include "protocol/lane.hpp"
#include "protocol/outgoing_streams.hpp"

namespace muster::client {

/// A part of client/session.hpp; a pure state machine like it.
class KeptValues {
 public:
  /// What isn't named by open tasks is forgotten when there is more than this of all.
  explicit KeptValues(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// A task that names these wouldn't make it too much. One task's values always have room.
  bool has_room(const detail::BoundValues& values) const;
  /// A submission names these, until release().
  void use(const detail::BoundValues& values);
  /// It has settled. `lane` is where the controller is told; null: not now.
  void release(const detail::BoundValues& values, wire::Lane* lane);

  /// Sends those that the controller hasn't got, in front of what names them.
  void say(const detail::BoundValues& values, wire::Lane& lane);
  /// The same for all that open tasks name.
  void say_used(wire::Lane& lane);
  /// The controller has these, from an earlier link.
  void listed(const std::vector<std::string>& names, wire::Lane& lane);
  /// What was on its way has got lost.
  void link_is_over();
  void clear();

  std::size_t bytes() const { return bytes_; }
  /// Bodies that were sent, since the beginning.
  std::uint64_t bytes_said() const { return bytes_said_; }

 private:
  struct Entry {
    detail::BoundValuePtr value;
    std::size_t users = 0;
    bool said = false;                           // on this link
    wire::OutgoingStreamPtr stream;              // of a large one
    std::list<std::string_view>::iterator idle;  // its place, while nobody uses it
  };

  void say(Entry& entry, wire::Lane& lane);
  void forget(std::string_view name, wire::Lane* lane);
  void forget_too_much(wire::Lane* lane);

  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;       // of all
  std::size_t idle_bytes_ = 0;  // of those that nobody uses
  std::uint64_t bytes_said_ = 0;
  std::unordered_map<std::string_view, Entry> entries_;  // keys: the values' own names
  std::list<std::string_view> idle_;                     // used longest ago first
};

}  // namespace muster::client
