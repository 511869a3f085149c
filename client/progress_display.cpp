#include <algorithm>
#include <map>
#include <mutex>
#include <string>
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

/// Which lines of this process's terminals have a bar. A terminal is one thing for all threads, so
/// there is one of these.
class BarLines {
 public:
  /// Line `wanted`, or the first free one if that is negative.
  int take(int descriptor, int wanted) {
    const std::scoped_lock lock(mutex_);
    std::vector<int>& bars = bars_[descriptor];
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
  /// How many lines the cursor has to go down, because this was the last bar; else none.
  int leave(int descriptor, int line) {
    const std::scoped_lock lock(mutex_);
    std::vector<int>& bars = bars_[descriptor];
    --bars[static_cast<std::size_t>(line)];
    if (std::any_of(bars.begin(), bars.end(), [](int count) { return count > 0; })) return 0;
    const int lines = static_cast<int>(bars.size());
    bars_.erase(descriptor);
    return lines;
  }

 private:
  static constexpr int lines_max = 100;

  std::mutex mutex_;
  std::map<int, std::vector<int>> bars_;  // by descriptor: how many there are in each line
};

BarLines& bar_lines() {
  static BarLines& lines = *new BarLines;  // also for bars that the end of the program ends
  return lines;
}

}  // namespace

ProgressDisplay::ProgressDisplay(ProgressOptions options, int descriptor)
    : options_(std::move(options)), descriptor_(descriptor), terminal_(::isatty(descriptor) == 1) {}

ProgressDisplay::~ProgressDisplay() {
  if (line_ < 0) return;
  const std::string down(static_cast<std::size_t>(bar_lines().leave(descriptor_, line_)), '\n');
  write(down.data(), down.size());
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
  std::string text;
  if (terminal_) {
    if (line_ < 0) line_ = bar_lines().take(descriptor_, options_.position);
    // Down to its line and to the left edge; what an earlier, longer bar has left is cleared; and
    // back up. A line that isn't there yet is made.
    text = std::string(static_cast<std::size_t>(line_), '\n') + "\r" +
           client::titled_bar(options_.title, progress, elapsed, columns_of(descriptor_)) +
           "\x1b[K";
    if (line_ > 0) text += "\x1b[" + std::to_string(line_) + "A";
  } else {
    text = "muster: " + (options_.title.empty() ? "" : options_.title + ": ") +
           client::progress_sentence(progress, elapsed) + "\n";
    said_ = elapsed;
  }
  write(text.data(), text.size());
}

void ProgressDisplay::write(const char* text, std::size_t bytes) const {
  while (bytes > 0) {
    const ssize_t written = ::write(descriptor_, text, bytes);
    if (written <= 0) return;
    text += written;
    bytes -= static_cast<std::size_t>(written);
  }
}

}  // namespace muster::detail
