#pragma once
// Text for a terminal of 80 columns.

#include <cstddef>
#include <string>
#include <string_view>

namespace muster::launcher {

constexpr std::size_t terminal_columns = 80;

/// The words of `text` in lines that begin with `indent` blanks; the first one doesn't, for what
/// stands before it. Line feeds are blanks, but that empty lines and lines of `text` that begin
/// with a blank are kept as they are.
std::string wrapped(std::string_view text, std::size_t indent,
                    std::size_t columns = terminal_columns);

}  // namespace muster::launcher
