#pragma once
// The name of a task, for people and for other programs.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster {

/// A value that can be written down: "7f3a90c2-12" is the twelfth task of the session that begins
/// with 7f3a90c2. It holds in its cluster, also for other programs and for the commands `muster
/// history`, `muster result` and so on.
struct TaskId {
  std::uint32_t session = 0;  ///< the first digits of the client's session
  std::uint64_t number = 0;   ///< which of its tasks, from 1

  std::string text() const;
  /// Nothing when the text is no id of a task.
  static std::optional<TaskId> parse(std::string_view text);

  auto operator<=>(const TaskId&) const = default;
};

}  // namespace muster
