#include "client/progress_line.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

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
  for (std::size_t columns : {35, 60, 200})
    CHECK(progress_bar({.done = 123, .total = 1000}, 3700s, columns).size() <= columns);
  CHECK_THAT(progress_bar({.done = 123, .total = 1000}, 3700s, 80), Contains("1:01:40"));
  // Too narrow for a bar, and nothing to do at all.
  CHECK_THAT(progress_bar({.done = 1, .total = 4, .submitted = 4, .running = 0.6}, 1s, 80),
             Contains("1/4 [================") && Contains("] 40 %"));
  CHECK(progress_sentence({.done = 0, .total = 1, .submitted = 1, .running = 0.4}, 4s) ==
        "0 of 1 (40.0 %) done after 4.0 s");
  CHECK(progress_bar({.done = 1, .total = 2}, 1s, 0) == "1/2 [] 50 %, 1.0/s, 1.0 s");
  CHECK_THAT(progress_bar({.done = 0, .total = 0}, 0s, 80), Contains("0/0") && Contains("100 %"));
}

TEST_CASE("without a known end the line says how much is done, and a sentence says it in words") {
  CHECK(progress_bar({.done = 12, .total = {}}, 4s, 80) == "12 done, 3.0/s, 4.0 s");
  CHECK(progress_sentence({.done = 12, .total = {}}, 4s) == "12 done after 4.0 s");
  CHECK(progress_sentence({.done = 12, .total = 30}, 90s) == "12 of 30 done after 0:01:30");
}

TEST_CASE("on a terminal one line is drawn over and over, and ended") {
  const wire::Descriptor terminal(::posix_openpt(O_RDWR | O_NOCTTY));
  REQUIRE(terminal);
  REQUIRE(::grantpt(terminal.get()) == 0);
  REQUIRE(::unlockpt(terminal.get()) == 0);
  const wire::Descriptor other(::open(::ptsname(terminal.get()), O_RDWR | O_NOCTTY));
  REQUIRE(other);
  const winsize size{.ws_row = 24, .ws_col = 50, .ws_xpixel = 0, .ws_ypixel = 0};
  REQUIRE(::ioctl(terminal.get(), TIOCSWINSZ, &size) == 0);
  {
    detail::ProgressDisplay display(other.get());
    CHECK(detail::wait_interactively(Counted{.total = 3}, {}, display));
  }
  const std::string text = read_lines(terminal.get());
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
