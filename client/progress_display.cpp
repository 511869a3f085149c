#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/ioctl.h>
#include <unistd.h>

#include <muster/wait_interactive.hpp>

#include "client/progress_line.hpp"

namespace muster::detail {
namespace {

/// Where there is no terminal a line says that the program is alive, and no more.
constexpr std::chrono::seconds line_interval{10};
constexpr std::size_t columns_guess = 80;

std::size_t columns_of(int terminal) {
  winsize size{};
  const bool known = ::ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  // The last column stays free: some terminals go to the next line when it is written.
  return (known ? size.ws_col : columns_guess) - 1;
}

void write(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Which lines of this process's terminals have a bar. A terminal is one thing for all threads, so
/// there is one of these. Between two drawings the cursor is in the lowest of the lines, so that
/// what a shell writes after Ctrl-C comes below them.
class BarLines {
 public:
  /// Line `wanted`, or the first free one if that is negative.
  int take(int descriptor, int wanted) {
    const std::scoped_lock lock(mutex_);
    std::vector<int>& bars = terminals_[descriptor].bars;
    std::size_t line = 0;
    if (wanted >= 0) {
      line = static_cast<std::size_t>(std::min(wanted, lines_max));
    } else {
      line = static_cast<std::size_t>(std::find(bars.begin(), bars.end(), 0) - bars.begin());
    }
    if (line >= bars.size()) bars.resize(line + 1);
    ++bars[line];
    return static_cast<int>(line);
  }
  /// Draws a bar: one write, so that those of other threads come before it or after it.
  void draw(int descriptor, int line, const std::string& bar) {
    const std::scoped_lock lock(mutex_);
    int& lines = terminals_[descriptor].lines;
    const int down = std::max(0, line + 1 - lines);
    lines = std::max(lines, line + 1);
    const int up = lines - 1 - line;
    // A line that isn't there yet is made. What an earlier, longer bar has left is cleared.
    std::string text(static_cast<std::size_t>(down), '\n');
    if (up > 0) text += "\x1b[" + std::to_string(up) + "A";
    text += "\r" + bar + "\x1b[K";
    if (up > 0) text += "\x1b[" + std::to_string(up) + "B\x1b[999C";
    write(descriptor, text);
  }
  /// The last bar of a terminal leaves the cursor in the line below them.
  void leave(int descriptor, int line) {
    const std::scoped_lock lock(mutex_);
    const std::vector<int>& bars = terminals_[descriptor].bars;
    --terminals_[descriptor].bars[static_cast<std::size_t>(line)];
    if (std::any_of(bars.begin(), bars.end(), [](int count) { return count > 0; })) return;
    terminals_.erase(descriptor);
    write(descriptor, "\n");
  }

 private:
  static constexpr int lines_max = 100;

  struct Terminal {
    std::vector<int> bars;  // how many there are in each line
    int lines = 1;          // that are there
  };

  std::mutex mutex_;
  std::map<int, Terminal> terminals_;  // by descriptor
};

BarLines& bar_lines() {
  static BarLines& lines = *new BarLines;  // also for bars that the end of the program ends
  return lines;
}

}  // namespace

ProgressDisplay::ProgressDisplay(ProgressOptions options, int descriptor)
    : options_(std::move(options)), descriptor_(descriptor), terminal_(::isatty(descriptor) == 1) {}

ProgressDisplay::~ProgressDisplay() {
  if (line_ >= 0) bar_lines().leave(descriptor_, line_);
}

void ProgressDisplay::show(const Progress& progress, std::chrono::nanoseconds elapsed) {
  if (options_.sink) return options_.sink(progress, elapsed);
  if (terminal_ || elapsed - said_ >= line_interval) draw(progress, elapsed);
}

void ProgressDisplay::finish(const Progress& progress, std::chrono::nanoseconds elapsed) {
  if (options_.sink) return options_.sink(progress, elapsed);
  draw(progress, elapsed);
}

void ProgressDisplay::draw(const Progress& progress, std::chrono::nanoseconds elapsed) {
  if (terminal_) {
    if (line_ < 0) line_ = bar_lines().take(descriptor_, options_.position);
    bar_lines().draw(
        descriptor_, line_,
        client::titled_bar(options_.title, progress, elapsed, columns_of(descriptor_)));
    return;
  }
  write(descriptor_, "muster: " + (options_.title.empty() ? "" : options_.title + ": ") +
                         client::progress_sentence(progress, elapsed) + "\n");
  said_ = elapsed;
}

}  // namespace muster::detail
