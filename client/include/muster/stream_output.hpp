#pragma once
// What tasks have written, shown to a person: while they run, or when they have ended.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <muster/detail/deadline.hpp>
#include <muster/task_output.hpp>

namespace muster {

struct StreamOptions {
  /// How long to wait; the tasks go on.
  std::chrono::nanoseconds patience = std::chrono::nanoseconds::max();
  /// How often it is looked for new lines.
  std::chrono::nanoseconds interval = std::chrono::milliseconds(100);
  /// Where they are shown; null: std::cout. Has to outlive the call.
  std::ostream* to = nullptr;
};

/// What comes after what in display_outputs().
enum class GroupBy {
  type,    ///< what all tasks have written to stdout, then what they have written to stderr
  engine,  ///< engine by engine
  order,   ///< task by task, in their order
};

struct DisplayOptions {
  GroupBy group_by = GroupBy::type;
  std::ostream* to = nullptr;  ///< null: std::cout
};

namespace detail {

/// How much of a task's output has been read.
struct OutputRead {
  std::uint64_t attempt = 0;
  std::uint64_t out = 0;
  std::uint64_t err = 0;
};
/// The same of several tasks: of each result by its place, or of items by their index and count.
using OutputsRead = std::map<std::pair<std::size_t, std::size_t>, OutputRead>;

/// Lines with the engine in front, `[3] ` or `[3 stderr] `, fit for a terminal: control characters
/// in them are shown, not obeyed. What is no whole line yet waits for its end.
class EngineLines {
 public:
  explicit EngineLines(std::ostream* to);
  /// What has come of these.
  void add(const std::vector<ItemsOutput>& news);
  /// Nothing more will come: lines without an end are shown, too.
  void finish();

 private:
  struct Line {
    std::string text;
    int engine = -1;
  };
  using Key = std::pair<std::size_t, std::size_t>;

  void add(Line& line, const std::string& text, int engine, bool is_error);
  void show(const Line& line, bool is_error);

  std::ostream& to_;
  std::map<Key, Line> out_;  // the beginnings of lines
  std::map<Key, Line> err_;
};

/// True when all have ended, false when patience did before.
template <class Results>
bool stream_output(const Results& results, const StreamOptions& options) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = deadline_after(options.patience);
  const auto interval =
      std::max<std::chrono::nanoseconds>(options.interval, std::chrono::milliseconds(1));
  EngineLines lines(options.to);
  OutputsRead read;
  for (;;) {
    const bool ended =
        results.wait_for(std::min<std::chrono::nanoseconds>(interval, end - Clock::now()));
    lines.add(results.output_since(read));
    if (!ended && Clock::now() < end) continue;
    lines.finish();
    return ended;
  }
}

void display_outputs(std::vector<ItemsOutput> outputs, const DisplayOptions& options);

/// As of items, by their places.
std::vector<ItemsOutput> by_places(std::vector<TaskOutput> outputs);

}  // namespace detail
}  // namespace muster
