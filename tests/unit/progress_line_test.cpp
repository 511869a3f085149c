#include "client/progress_line.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <muster/wait_interactive.hpp>

#include "protocol/descriptor.hpp"

namespace muster::client {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;

/// Ends after so many looks, without a clock.
struct Counted {
  mutable std::size_t looks = 0;
  std::size_t total = 0;

  bool wait_for(std::chrono::nanoseconds) const { return ++looks > total; }
  Progress progress() const { return {.done = looks - 1, .total = total, .submitted = total}; }
  std::chrono::nanoseconds elapsed() const { return (looks - 1) * 4s; }
};

/// All until a line ends with what has arrived: a terminal hands on piece by piece.
std::string read_lines(int descriptor) {
  std::string text;
  std::array<char, 4096> piece;
  while (!text.ends_with('\n')) {
    const ssize_t bytes = ::read(descriptor, piece.data(), piece.size());
    if (bytes <= 0) break;
    text.append(piece.data(), static_cast<std::size_t>(bytes));
  }
  return text;
}

}  // namespace

TEST_CASE("a progress bar has numbers, a bar and a rate, and fits into its columns") {
  CHECK(progress_bar({.done = 5, .total = 10}, 2s, 46) ==
        "5/10 [==========>         ] 50 %, 2.5/s, 2.0 s");
  CHECK(progress_bar({.done = 10, .total = 10}, 0s, 40).find("====] 100 %, 0.0 s") !=
        std::string::npos);
  for (std::size_t columns : {1, 7, 12, 20, 25, 35, 60, 200})
    CHECK(progress_bar({.done = 123, .total = 1000}, 3700s, columns).size() <= columns);
  CHECK_THAT(progress_bar({.done = 123, .total = 1000}, 3700s, 80), Contains("1:01:40"));
  // Too narrow for a bar, and nothing to do at all.
  CHECK_THAT(progress_bar({.done = 1, .total = 4, .submitted = 4, .running = 0.6}, 1s, 80),
             Contains("1/4 [================") && Contains("] 40 %"));
  CHECK(progress_sentence({.done = 0, .total = 1, .submitted = 1, .running = 0.4}, 4s) ==
        "0 of 1 (40.0 %) done after 4.0 s");
  CHECK(progress_bar({.done = 1, .total = 2}, 1s, 24) == "1/2, 50 %, 1.0 s");
  CHECK(progress_bar({.done = 1, .total = 2}, 1s, 5) == "50 %");
  CHECK(progress_bar({.done = 1, .total = {}}, 1s, 15) == "1 done, 1.0 s");
  CHECK_THAT(progress_bar({.done = 0, .total = 0}, 0s, 80), Contains("0/0") && Contains("100 %"));
}

TEST_CASE("without a known end the line says how much is done, and a sentence says it in words") {
  CHECK(progress_bar({.done = 12, .total = {}}, 4s, 80) == "12 done, 3.0/s, 4.0 s");
  CHECK(progress_sentence({.done = 12, .total = {}}, 4s) == "12 done after 4.0 s");
  CHECK(progress_sentence({.done = 12, .total = 30}, 90s) == "12 of 30 done after 0:01:30");
}

TEST_CASE(
    "where there is room a bar says what is left, what failed and how many engines there are") {
  const Progress progress{
      .done = 25, .total = 100, .submitted = 60, .running = 0, .failed = 2, .engines = 4};
  const std::string all = progress_bar(progress, 10s, 120);
  CHECK_THAT(all, Contains("25/100 [") && Contains("] 25 %, 2.5/s, 10.0 s, 2 failed, 30.0 s left, "
                                                   "4 engines"));
  CHECK_THAT(progress_bar(progress, 10s, 56), Contains(", 2 failed") && !Contains("engines"));
  for (std::size_t columns = 1; columns < 130; ++columns)
    CHECK(progress_bar(progress, 10s, columns).size() <= columns);
  CHECK(progress_bar({.done = 3, .total = {}, .submitted = 3, .running = 0, .failed = 1}, 1s, 80) ==
        "3 done, 3.0/s, 1.0 s, 1 failed");
  CHECK(progress_sentence({.done = 3, .total = 3, .submitted = 3, .running = 0, .failed = 1}, 1s) ==
        "3 of 3 done after 1.0 s, 1 failed");
}

TEST_CASE("a bar has a title, which leaves it most of the line") {
  const Progress progress{.done = 5, .total = 10};
  CHECK_THAT(titled_bar("frames", progress, 2s, 80), Catch::StartsWith("frames: 5/10 [==="));
  CHECK(titled_bar("", progress, 2s, 80) == progress_bar(progress, 2s, 80));
  CHECK_THAT(titled_bar("größte Zahl", progress, 2s, 30),
             Catch::StartsWith("größte Za…: 5/10, 50 %"));
  CHECK(titled_bar("frames", progress, 2s, 17) == "5/10, 50 %, 2.0 s");
}

/// A terminal of 50 columns: what is written to the second is read from the first.
class Terminal {
 public:
  Terminal() : reader_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    REQUIRE(reader_);
    REQUIRE(::grantpt(reader_.get()) == 0);
    REQUIRE(::unlockpt(reader_.get()) == 0);
    writer_ = wire::Descriptor(::open(::ptsname(reader_.get()), O_RDWR | O_NOCTTY));
    REQUIRE(writer_);
    const winsize size{.ws_row = 24, .ws_col = 50, .ws_xpixel = 0, .ws_ypixel = 0};
    REQUIRE(::ioctl(reader_.get(), TIOCSWINSZ, &size) == 0);
  }
  int writer() const { return writer_.get(); }
  int reader() const { return reader_.get(); }

 private:
  wire::Descriptor reader_;
  wire::Descriptor writer_;
};

/// The lines that a terminal shows after this text, as far as bars go: of escape sequences it knows
/// those that clear the rest of a line and that go up, down and to its end.
std::vector<std::string> screen_after(const std::string& text) {
  std::vector<std::string> lines(1);
  std::size_t row = 0;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') {
      column = 0;
    } else if (text[i] == '\n') {
      if (++row == lines.size()) lines.emplace_back();
    } else if (text[i] == '\x1b') {
      std::size_t end = i + 2;
      while (std::isdigit(static_cast<unsigned char>(text[end])))
        ++end;
      if (text[end] == 'K') lines[row].resize(column);
      if (text[end] == 'A') row -= std::stoul(text.substr(i + 2));
      if (text[end] == 'B') row += std::stoul(text.substr(i + 2));
      if (text[end] == 'C') column = 49;
      i = end;
    } else {
      std::string& line = lines[row];
      line.resize(std::max(line.size(), column + 1), ' ');
      line[column++] = text[i];
    }
  }
  return lines;
}

TEST_CASE("bars that are there at once have a line each, and the cursor ends below all of them") {
  const Terminal terminal;
  {
    detail::ProgressDisplay outer({.title = "outer"}, terminal.writer());
    outer.show({.done = 1, .total = 3}, 1s);
    for (std::size_t round = 1; round <= 2; ++round) {
      detail::ProgressDisplay inner({.title = "inner"}, terminal.writer());
      inner.show({.done = 0, .total = 2}, 1s);
      inner.finish({.done = 2, .total = 2}, round * 1s);
      outer.show({.done = 1 + round, .total = 3}, 2s);
    }
    detail::ProgressDisplay third({.title = "third", .position = 3}, terminal.writer());
    third.finish({.done = 9, .total = 9}, 1s);
    outer.finish({.done = 3, .total = 3}, 3s);
  }
  std::string text;
  while (!text.ends_with("\x1b[999C\r\n"))
    text += read_lines(terminal.reader());
  const std::vector<std::string> lines = screen_after(text);
  REQUIRE(lines.size() == 5);
  CHECK_THAT(lines[0], Catch::StartsWith("outer: 3/3 ["));
  CHECK_THAT(lines[1], Catch::StartsWith("inner: 2/2 [") && Contains("2.0 s"));
  CHECK(lines[2].empty());
  CHECK_THAT(lines[3], Catch::StartsWith("third: 9/9 ["));
  CHECK(lines[4].empty());
}

TEST_CASE("who wants to show progress in another way is told in place of the bar") {
  std::vector<std::size_t> told;
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_NONBLOCK) == 0);
  const wire::Descriptor reader(ends[0]);
  const wire::Descriptor writer(ends[1]);
  detail::ProgressDisplay display(
      {.sink = [&](const Progress& progress,
                   std::chrono::nanoseconds) { told.push_back(progress.done); }},
      writer.get());
  CHECK(detail::wait_interactively(Counted{.total = 2}, {}, display));
  CHECK(told == std::vector<std::size_t>{0, 1, 2});
  std::array<char, 8> nothing;
  CHECK(::read(reader.get(), nothing.data(), nothing.size()) == -1);
}

TEST_CASE("on a terminal one line is drawn over and over, and ended") {
  const Terminal terminal;
  {
    detail::ProgressDisplay display(terminal.writer());
    CHECK(detail::wait_interactively(Counted{.total = 3}, {}, display));
  }
  const std::string text = read_lines(terminal.reader());
  CHECK_THAT(text, Contains("\r0/3 [") && Contains("\r2/3 [") && Contains("\r3/3 ["));
  CHECK(text.find('\n') == text.size() - 1);
  std::size_t longest = 0;
  for (std::size_t at = 0; at != std::string::npos;) {
    const std::size_t next = text.find("\x1b[K", at);
    if (next == std::string::npos) break;
    longest = std::max(longest, next - text.rfind('\r', next) - 1);
    at = next + 1;
  }
  CHECK(longest < 50);
}

TEST_CASE("elsewhere there is a line each ten seconds and one at the end, and patience ends it") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const wire::Descriptor reader(ends[0]);
  const wire::Descriptor writer(ends[1]);
  {
    detail::ProgressDisplay display(writer.get());
    CHECK(detail::wait_interactively(Counted{.total = 7}, {}, display));
  }
  CHECK(read_lines(reader.get()) ==
        "muster: 3 of 7 done after 12.0 s\nmuster: 6 of 7 done after 24.0 s\n"
        "muster: 7 of 7 done after 28.0 s\n");
  detail::ProgressDisplay display(writer.get());
  CHECK_FALSE(detail::wait_interactively(Counted{.total = 7}, {.patience = 0s}, display));
}

}  // namespace muster::client
