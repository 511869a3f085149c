#pragma once
// What pictures of runs have in common: words and colours.

#include <cstdint>
#include <string>
#include <string_view>

namespace muster::launcher {

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

/// A step of an axis for a length: 1, 2 or 5 times a power of ten, about an eighth of it.
double axis_step(double length);

}  // namespace muster::launcher
