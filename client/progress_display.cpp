#include <algorithm>
#include <string>

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

}  // namespace

ProgressDisplay::ProgressDisplay(int descriptor)
    : descriptor_(descriptor), terminal_(::isatty(descriptor) == 1) {}

ProgressDisplay::~ProgressDisplay() {
  if (drawn_) write("\n", 1);
}

void ProgressDisplay::show(const Progress& progress, std::chrono::nanoseconds elapsed) {
  if (terminal_ || elapsed - said_ >= line_interval) draw(progress, elapsed);
}

void ProgressDisplay::finish(const Progress& progress, std::chrono::nanoseconds elapsed) {
  draw(progress, elapsed);
}

void ProgressDisplay::draw(const Progress& progress, std::chrono::nanoseconds elapsed) {
  std::string text;
  if (terminal_) {
    // To the left edge, and what an earlier, longer bar has left is cleared.
    text = "\r" + client::progress_bar(progress, elapsed, columns_of(descriptor_)) + "\x1b[K";
    drawn_ = true;
  } else {
    text = "muster: " + client::progress_sentence(progress, elapsed) + "\n";
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
