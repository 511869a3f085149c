#include <algorithm>

#include <muster/detail/task_times.hpp>
#include <muster/error.hpp>

#include "client/pending.hpp"

namespace muster::detail {

void TaskTimes::add(const PendingPtr& task) {
  ++tasks_;
  submitted_ = std::min(submitted_, task->submitted);
  if (!task->is_settled()) return;
  ++ended_;
  received_ = std::max(received_, task->received);
  serial_ += task->run;
}

std::chrono::nanoseconds TaskTimes::elapsed() const {
  if (tasks_ == 0) return {};
  return ended_ == tasks_ ? wall() : Clock::now() - submitted_;
}

std::chrono::nanoseconds TaskTimes::wall() const {
  return ended_ == 0 ? std::chrono::nanoseconds{} : received_ - submitted_;
}

void TimeSpan::add(const TaskInfo& info) {
  const Time from = info.*from_;
  const Time to = info.*to_;
  if (from == Time{} || to == Time{}) {
    throw ClusterError(
        "timedelta: a task hasn't come so far, or never did: wait for it, and look at its info()");
  }
  earliest_ = any_ ? std::min(earliest_, from) : from;
  latest_ = any_ ? std::max(latest_, to) : to;
  any_ = true;
}

}  // namespace muster::detail
