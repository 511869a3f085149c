#include <algorithm>
#include <iterator>
#include <utility>

#include <muster/detail/arrivals.hpp>
#include <muster/error.hpp>

#include "client/connection.hpp"
#include "client/pending.hpp"

namespace muster::detail {

void Arrivals::add(PendingPtr task) {
  if (size() > 0 && task->connection != connection_) {
    throw ClusterError(
        "these results are of several clients: wait for those of each client by themselves");
  }
  connection_ = task->connection;
  std::size_t place = tasks_.size();
  if (free_.empty()) {
    tasks_.push_back(task);
  } else {
    place = free_.back();
    free_.pop_back();
    tasks_[place] = task;
  }
  if (task->is_settled()) {
    arrived_.push_back({.index = place});  // nobody has to be asked, nor waited for
  } else {
    connection_->announce(*task, completions_, place);
  }
}

std::vector<PendingPtr> Arrivals::open() const {
  std::vector<PendingPtr> open;
  std::copy_if(tasks_.begin(), tasks_.end(), std::back_inserter(open),
               [](const PendingPtr& task) { return task != nullptr; });
  return open;
}

PendingPtr Arrivals::next(std::chrono::steady_clock::time_point end) {
  if (given_ == arrived_.size()) {
    completions_->take(arrived_);
    given_ = 0;
    if (arrived_.empty()) {
      if (!connection_->wait_for_completion(*completions_, end)) return nullptr;
      completions_->take(arrived_);
    }
  }
  const std::size_t place = arrived_[given_++].index;
  free_.push_back(place);
  return std::exchange(tasks_[place], nullptr);
}

bool failed(const PendingPtr& task) {
  return task->is_settled() && !successful(task) &&
         !(task->state.load(std::memory_order_acquire) == Pending::State::settled &&
           task->kind == wire::OutcomeKind::cancelled);
}

}  // namespace muster::detail
