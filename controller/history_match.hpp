#pragma once
// Whether a task is among those that a question about the history means.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/question.hpp"

namespace muster::controller {

/// What conditions look at, without copies. Times by the controller's clock, in nanoseconds.
struct HistoryRow {
  std::uint32_t session = 0;
  std::uint64_t counter = 0;
  std::uint32_t count = 1;
  std::uint8_t status = 0;  ///< muster::Status
  std::string_view label{};
  std::string_view key{};
  std::string_view function{};
  std::string_view program{};
  std::int32_t engine = -1;  ///< negative: none
  std::string_view host{};
  std::uint32_t starts = 0;
  std::int64_t submitted = wire::no_time;
  std::int64_t started = wire::no_time;
  std::int64_t received = wire::no_time;
  std::int64_t run_ns = wire::no_time;
};

/// muster::Status of HistoryItem::ending.
std::uint8_t status_of_ending(std::uint8_t ending);

/// What is wrong with it; nothing when it makes sense.
std::optional<std::string_view> fault_of(const wire::Condition& condition);

/// Requires that no condition has a fault. `now` is when the question was asked.
bool matches(const HistoryRow& row, const std::vector<wire::Condition>& all, std::int64_t now);

}  // namespace muster::controller
