#pragma once
// Bound values as the controller has them (rule 25): what each client has sent, and what each
// engine's process was given. Plain state machines; core_values.cpp moves the bytes.

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "protocol/large_body.hpp"
#include "protocol/limits.hpp"
#include "protocol/outgoing_streams.hpp"

namespace muster::controller {

/// Of one session. Its client decides what is kept.
class SessionValues {
 public:
  /// Counters of tasks.
  struct Run {
    std::uint64_t first = 0;
    std::uint32_t count = 0;
  };

  /// The client has begun to send it. False when it is here already.
  bool expect(const std::string& name);
  /// It is whole. Returns the tasks that have waited for it, some of which may have settled.
  std::vector<Run> put(const std::string& name, wire::LargeBodyPtr body);
  /// Its client has no task any more that names it.
  void forget(std::string_view name);
  /// One more task names it of which the client doesn't know that it does. False when it is here
  /// already; else it has to be put.
  bool lend(const std::string& name);
  /// Such a task has ended.
  void give_back(std::string_view name);

  /// Null when it isn't whole.
  wire::LargeBodyPtr find(std::string_view name) const;
  bool expects(std::string_view name) const { return values_.find(name) != values_.end(); }
  /// These tasks start when it is whole. Requires expects().
  void wait_for(std::string_view name, Run tasks);
  /// Some task may wait.
  bool any_missing() const { return missing_ > 0; }
  /// Names of those that are whole and that the client has sent.
  std::vector<std::string> names() const;
  std::size_t bytes() const { return bytes_; }
  bool empty() const { return values_.empty(); }

 private:
  struct Value {
    wire::LargeBodyPtr body;
    std::vector<Run> waiting;
    bool clients = false;  // the client has sent it, or is about to
    std::size_t lent = 0;  // to so many tasks
  };

  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Values = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

  void forget_needless(Values::iterator value);

  Values values_;
  std::size_t missing_ = 0;
  std::size_t bytes_ = 0;
};

/// Of one process, or of one node for all of its processes, on its present link.
class HeldValues {
 public:
  /// A task that names it goes there; false when it has to be sent there first.
  bool use(std::string_view name);
  /// It is on its way there, or is there already, or comes in another way (then without a stream).
  void add(std::string_view name, std::size_t bytes, wire::OutgoingStreamPtr stream);
  /// One that add() was told of goes there in this stream after all.
  void carry(std::string_view name, wire::OutgoingStreamPtr stream);
  /// Forgets what `is_needed(name)` is false of, all of it.
  template <class IsNeeded>
  std::vector<std::string> forget_unless(IsNeeded&& is_needed) {
    return forget(0, is_needed);
  }
  /// The same, used longest ago first, when there is more than `most`, until there is less than
  /// seven eighths of it: looking for what is needed costs more than what one value is worth.
  template <class IsNeeded>
  std::vector<std::string> forget_beyond(std::size_t most, IsNeeded&& is_needed) {
    if (bytes_ <= most) return {};
    return forget(most / 8 * 7, is_needed);
  }
  bool exceeds(std::size_t most) const { return bytes_ > most; }
  void clear();
  bool empty() const { return order_.empty(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Value {
    std::string name;
    std::size_t bytes;
    wire::OutgoingStreamPtr stream;
  };

  template <class IsNeeded>
  std::vector<std::string> forget(std::size_t most, IsNeeded&& is_needed) {
    std::vector<std::string> forgotten;
    for (auto value = order_.begin(); value != order_.end() && bytes_ > most;) {
      if (is_needed(value->name)) {
        ++value;
        continue;
      }
      bytes_ -= value->bytes;
      by_name_.erase(value->name);
      forgotten.push_back(std::move(value->name));
      value = order_.erase(value);
    }
    return forgotten;
  }

  std::list<Value> order_;  // used longest ago first
  std::unordered_map<std::string_view, std::list<Value>::iterator> by_name_;
  std::size_t bytes_ = 0;
};

}  // namespace muster::controller
