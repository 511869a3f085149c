#pragma once
// How a command that shows something is told in which form.

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace muster::launcher {

/// Adds --format, which is one of `words` ("json" among them), and --json, which says the same
/// shorter. `format` holds the default, and has to outlive the parse.
void add_format_options(CLI::App& command, std::string& format,
                        const std::vector<std::string>& words);

}  // namespace muster::launcher
