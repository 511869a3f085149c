#pragma once
// What a task waits for before it starts: ViewOptions::after and follow.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

namespace muster {

namespace detail {
class Connection;
class ItemOutcomes;
class Pending;

/// All items of a map, each of which has been submitted or never will be.
struct AwaitedItems {
  std::weak_ptr<Connection> connection;          ///< not kept by who waits for it
  std::shared_ptr<const ItemOutcomes> outcomes;  ///< of those that were submitted
  std::size_t unsubmitted = 0;         ///< have ended all the same, by what an earlier run has left
  std::size_t unsubmitted_failed = 0;  ///< and of them, those that the input couldn't give
};
}  // namespace detail

/// Names a submitted task, whatever it returns. Any AsyncResult converts to it.
class TaskReference {
 public:
  explicit TaskReference(std::shared_ptr<detail::Pending> task) : task_(std::move(task)) {}
  const std::shared_ptr<detail::Pending>& task() const { return task_; }

 private:
  std::shared_ptr<detail::Pending> task_;
};

/// Names all items of a map. An AsyncMapResult converts to it, and so does what map_chunks and fold
/// give, of which the items are chunks. The conversion reads the map's input to its end and submits
/// it, so it blocks for as long as the map's window is full, and for ever when the input is
/// endless.
class MapReference {
 public:
  explicit MapReference(detail::AwaitedItems items) : items_(std::move(items)) {}
  const detail::AwaitedItems& items() const { return items_; }

 private:
  detail::AwaitedItems items_;
};

namespace detail {
template <class Result>
concept IsTask = std::convertible_to<const Result&, TaskReference>;
template <class Result>
concept IsMap = std::convertible_to<const Result&, MapReference>;
}  // namespace detail

/// Which end of a task is waited for.
enum class On : std::uint8_t {
  success,  ///< it has given a value
  failure,  ///< it has ended otherwise: by an exception, a passed limit, cancelled, lost
  end,      ///< whichever of the two
};

/// Tasks that another one waits for: `.after = {a, b}` is all of them, with a value each;
/// muster::all_of and muster::any_of say it otherwise, of any range of results. A map among them is
/// all of its items. (ipyparallel's Dependency with all, success and failure.)
class Dependencies {
 public:
  /// One of the tasks, or of the maps.
  class Each {
   public:
    template <class Result>
    requires(detail::IsTask<Result> || detail::IsMap<Result>) Each(const Result& result) {
      if constexpr (detail::IsTask<Result>) {
        const TaskReference task = result;
        task_ = task.task();
      } else {
        const MapReference map = result;
        items_ = std::make_shared<const detail::AwaitedItems>(map.items());
      }
    }

   private:
    friend Dependencies;
    std::shared_ptr<detail::Pending> task_;
    std::shared_ptr<const detail::AwaitedItems> items_;  // null of a task
  };

  Dependencies() = default;
  Dependencies(std::initializer_list<Each> results) : Dependencies(results, On::success, false) {}
  /// `results` is a range of what Each is made of, or one map.
  template <class Results>
  Dependencies(const Results& results, On on, bool any) : on_(on), any_(any) {
    if constexpr (detail::IsMap<Results>) {
      add(results);
    } else {
      for (const auto& result : results)
        add(result);
    }
  }

  const std::vector<TaskReference>& tasks() const { return tasks_; }
  const std::vector<std::shared_ptr<const detail::AwaitedItems>>& maps() const { return maps_; }
  bool empty() const { return tasks_.empty() && maps_.empty(); }
  On on() const { return on_; }
  /// One of them is enough.
  bool any() const { return any_; }

 private:
  void add(const Each& each) {
    if (each.items_) {
      maps_.push_back(each.items_);
    } else {
      tasks_.emplace_back(each.task_);
    }
  }

  std::vector<TaskReference> tasks_;
  std::vector<std::shared_ptr<const detail::AwaitedItems>> maps_;
  On on_ = On::success;
  bool any_ = false;
};

/// All of these tasks have to end so. `results` is a range of AsyncResults, of whichever types, or
/// of maps, or one map: then all of its items.
template <class Results>
Dependencies all_of(const Results& results, On on = On::success) {
  return {results, on, false};
}
inline Dependencies all_of(std::initializer_list<Dependencies::Each> results, On on = On::success) {
  return {results, on, false};
}

/// One of these tasks, or of the items of these maps, has to end so; the others may still run, or
/// end as they like.
template <class Results>
Dependencies any_of(const Results& results, On on = On::success) {
  return {results, on, true};
}
inline Dependencies any_of(std::initializer_list<Dependencies::Each> results, On on = On::success) {
  return {results, on, true};
}

}  // namespace muster
