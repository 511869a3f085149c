#pragma once
// How long some tasks have taken together.

#include <chrono>
#include <cstddef>

#include <muster/detail/pending.hpp>
#include <muster/task_info.hpp>

namespace muster::detail {

/// To be filled with the tasks in question, and asked then. Times of tasks that haven't ended are
/// as they are now.
class TaskTimes {
 public:
  using Clock = std::chrono::steady_clock;

  void add(const PendingPtr& task);

  std::size_t ended() const { return ended_; }
  /// From the first submission until now; wall() once all have ended.
  std::chrono::nanoseconds elapsed() const;
  /// What those that have ended took on their engines, added up.
  std::chrono::nanoseconds serial() const { return serial_; }
  /// From the first submission to the latest arrival.
  std::chrono::nanoseconds wall() const;

 private:
  std::size_t tasks_ = 0;
  std::size_t ended_ = 0;
  Clock::time_point submitted_ = Clock::time_point::max();
  Clock::time_point received_{};
  std::chrono::nanoseconds serial_{};
};

/// From the earliest of one kind of time to the latest of another one; in ipyparallel `timedelta`.
class TimeSpan {
 public:
  using Time = decltype(TaskInfo::submitted);
  using Stamp = Time TaskInfo::*;

  TimeSpan(Stamp from, Stamp to) : from_(from), to_(to) {}
  /// Throws ClusterError when one of the times isn't known, or not yet.
  void add(const TaskInfo& info);
  std::chrono::nanoseconds length() const { return latest_ - earliest_; }

 private:
  Stamp from_;
  Stamp to_;
  Time earliest_{};
  Time latest_{};
  bool any_ = false;
};

}  // namespace muster::detail
