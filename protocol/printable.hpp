#pragma once
// Text that came from elsewhere (paths, names, reasons), fit for a terminal and a log file.

#include <string>
#include <string_view>

namespace muster::wire {

/// Control characters, also those that UTF-8 writes with two bytes, become \xHH: what a stranger
/// called his program can't move the cursor, or begin a line of its own.
std::string printable(std::string_view text);
/// The same, but line feeds stay.
std::string printable_lines(std::string_view text);

}  // namespace muster::wire
