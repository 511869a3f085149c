#pragma once
// Values on their way to engines that are too large for a record: what is submitted behind them
// would pass them (rule 20), so it waits until they have ended.

#include <algorithm>
#include <memory>
#include <vector>

#include <muster/detail/pending.hpp>

#include "client/pending.hpp"

namespace muster::client {

class OpenPushes {
 public:
  /// A push to the engine `target`.
  void add(const detail::PendingPtr& push, int target) { pushes_.push_back({push, target}); }

  /// One is open that a task for the engine `target` would have to wait for; negative: a task that
  /// any engine may run.
  bool before(int target) {
    if (pushes_.empty()) return false;
    std::erase_if(pushes_, [](const Push& push) {
      const detail::PendingPtr task = push.task.lock();
      return !task || task->is_settled();
    });
    return std::any_of(pushes_.begin(), pushes_.end(),
                       [target](const Push& push) { return target < 0 || push.target == target; });
  }

 private:
  struct Push {
    std::weak_ptr<detail::Pending> task;  // the session has it until it settles
    int target = 0;
  };
  std::vector<Push> pushes_;
};

}  // namespace muster::client
