#pragma once
// A run as a picture: a row for each process, time from left to right.

#include <cstdint>
#include <string>
#include <string_view>

#include "launcher/run_chart.hpp"

namespace muster::launcher {

/// A whole SVG document. Its size depends on the number of processes and on its width in pixels,
/// not on how many tasks there were.
std::string chart_svg(const RunChart& chart);

/// The colour of a function's bars, "#rrggbb"; that of several functions for a negative number.
std::string_view function_color(int function);
/// The colour of bars in which tasks threw.
std::string_view failure_color();

/// "1.5 s", "20 ms", "3 min 4 s": for people.
std::string duration_text(double seconds);

/// "1 task".
std::string tasks_text(std::uint64_t tasks);
/// "1 process died".
std::string deaths_text(std::uint64_t deaths);

/// `text` with what XML gives a meaning escaped, and without control characters, which it forbids.
std::string xml_text(std::string_view text);

}  // namespace muster::launcher
