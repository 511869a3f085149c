#pragma once
// Tasks of one client that are given back in the order in which they end. It knows nothing of what
// they return.

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include <muster/detail/completions.hpp>
#include <muster/detail/pending.hpp>

namespace muster::detail {

/// For one thread at a time. What it is asked for costs the same however many tasks are open.
class Arrivals {
 public:
  Arrivals() : completions_(std::make_shared<Completions>()) {}

  /// Throws ClusterError for a task of another client than those that are still to come.
  void add(PendingPtr task);
  /// Tasks that were added and not given back yet.
  std::size_t size() const { return tasks_.size() - free_.size(); }
  /// Those.
  std::vector<PendingPtr> open() const;
  /// Blocks until one of them has ended and gives that; null when `end` came first. Requires that
  /// there are some.
  PendingPtr next(std::chrono::steady_clock::time_point end);

 private:
  std::shared_ptr<Connection> connection_;  ///< of all of them
  std::shared_ptr<Completions> completions_;
  std::vector<Completions::Completion> arrived_;
  std::size_t given_ = 0;  ///< of `arrived_`
  std::vector<PendingPtr> tasks_;
  std::vector<std::size_t> free_;  ///< places in `tasks_`
};

/// It has ended, neither with a value nor because somebody cancelled it.
bool failed(const PendingPtr& task);

}  // namespace muster::detail
