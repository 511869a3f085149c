#pragma once
// Which engine has run which items of a map, and when.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <muster/detail/item_outcomes.hpp>
#include <muster/task_info.hpp>

#include "protocol/body.hpp"

namespace muster::detail {

/// Of items that have ended together.
struct ItemTimes {
  std::shared_ptr<const wire::Process> process;  ///< null when none is known
  std::uint8_t starts = 0;
  std::chrono::steady_clock::time_point submitted{};
  std::chrono::steady_clock::time_point started{};
  std::chrono::steady_clock::time_point completed{};
  std::chrono::nanoseconds run{};
};

class ItemLog {
 public:
  /// `times` may be null: they never ran.
  void add(const ItemOutcome& outcome, std::chrono::steady_clock::time_point received,
           const ItemTimes* times);
  /// In the order of the items.
  std::vector<ItemsInfo> info() const;

 private:
  struct Line {
    std::size_t index;
    std::uint32_t count;
    Status status;
    std::chrono::steady_clock::time_point received;
    ItemTimes times;
  };
  std::vector<Line> lines_;  // as they came
};

}  // namespace muster::detail
