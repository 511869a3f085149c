#pragma once
// How tasks of kept sessions have ended, and what they were to do, for those who ask later: bounded
// in bytes, the oldest forgotten first.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include <muster/detail/buffer.hpp>

#include "controller/task.hpp"
#include "protocol/identity.hpp"
#include "protocol/large_body.hpp"

namespace muster::controller {

/// One task, or neighbours of one row that ended with one outcome. Nobody changes it.
struct Kept {
  std::uint32_t count = 1;
  CodeRef code = none;
  std::uint8_t kind = 0;  ///< wire::OutcomeKind
  std::uint8_t starts = 0;
  std::uint32_t process = none;
  detail::Buffer times;            ///< the outcome's options
  detail::Buffer value;            ///< its body; of several a row
  wire::LargeBodyPtr large_value;  ///< or this
  detail::Buffer options;          ///< the submission's
  bool lacks_arguments = false;    ///< some were to be other tasks' values, which never came
  detail::Buffer arguments;        ///< of several a row
  wire::LargeBodyPtr large_arguments;
  /// The bound values that the options name, in their order, without the arguments if those are
  /// one; empty also when they are too large to be kept. Most are the same for many tasks.
  std::vector<wire::LargeBodyPtr> values;

  /// Without the values.
  std::size_t bytes() const {
    const std::size_t large =
        (large_value ? large_value->size() : 0) + (large_arguments ? large_arguments->size() : 0);
    return sizeof(Kept) + node_bytes + times.size() + value.size() + options.size() +
           arguments.size() + large;
  }

 private:
  static constexpr std::size_t node_bytes = 96;  ///< of the tables that have it, and allocations
};

class KeptOutcomes {
 public:
  explicit KeptOutcomes(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  struct Found {
    std::uint64_t first = 0;     ///< the counter of the first of `kept`
    const Kept* kept = nullptr;  ///< null when it isn't there
  };
  /// Valid until the next change.
  Found find(const wire::Uuid& session, std::uint64_t counter) const {
    const auto tasks = sessions_.find(session);
    if (tasks == sessions_.end()) return {};
    auto after = tasks->second.upper_bound(counter);
    if (after == tasks->second.begin()) return {};
    --after;
    if (counter - after->first >= after->second->count) return {};
    return {after->first, after->second.get()};
  }

  void add(const wire::Uuid& session, std::uint64_t counter, std::shared_ptr<const Kept> kept) {
    count(*kept);
    std::shared_ptr<const Kept>& place = sessions_[session][counter];
    if (place) {
      discount(*place);
    } else {
      order_.push_back({session, counter});
    }
    place = std::move(kept);
    while (bytes_ > bytes_max_ && order_.size() > 1) {
      const auto [oldest, first] = order_.front();
      order_.pop_front();
      remove(oldest, first);
    }
  }

  /// Returns how many tasks that were: it, with the neighbours that share its outcome.
  std::size_t remove(const wire::Uuid& session, std::uint64_t first) {
    const auto tasks = sessions_.find(session);
    if (tasks == sessions_.end()) return 0;
    const auto found = tasks->second.find(first);
    if (found == tasks->second.end()) return 0;
    const std::size_t count = found->second->count;
    discount(*found->second);
    tasks->second.erase(found);
    if (tasks->second.empty()) sessions_.erase(tasks);
    return count;
  }

  void forget(const wire::Uuid& session) {
    const auto tasks = sessions_.find(session);
    if (tasks == sessions_.end()) return;
    for (const auto& [counter, kept] : tasks->second)
      discount(*kept);
    sessions_.erase(tasks);
  }

  std::size_t bytes() const { return bytes_; }
  /// Bound values of so many bytes may be kept: they don't push out all the rest.
  bool keeps_values(std::size_t bytes) const { return bytes <= bytes_max_ / 8; }

 private:
  void count(const Kept& kept) {
    bytes_ += kept.bytes();
    for (const wire::LargeBodyPtr& value : kept.values) {
      if (++uses_[value] == 1) bytes_ += value->size();
    }
  }
  void discount(const Kept& kept) {
    bytes_ -= kept.bytes();
    for (const wire::LargeBodyPtr& value : kept.values) {
      const auto uses = uses_.find(value);
      if (--uses->second > 0) continue;
      bytes_ -= value->size();
      uses_.erase(uses);
    }
  }

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::unordered_map<wire::Uuid, std::map<std::uint64_t, std::shared_ptr<const Kept>>> sessions_;
  std::deque<std::pair<wire::Uuid, std::uint64_t>> order_;    // some may be gone
  std::unordered_map<wire::LargeBodyPtr, std::size_t> uses_;  // of values, by how many
};

}  // namespace muster::controller
