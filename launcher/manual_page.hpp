#pragma once
// Manual pages and the shell's completion, from the table of options.

#include <string>

namespace CLI {
class App;
}

namespace muster::launcher {

/// "muster.1" for the app itself, "muster-config-show.1".
std::string manual_page_name(const CLI::App& command);
/// The page in the language of man(7).
std::string manual_page(CLI::App& app, const CLI::App& command);

/// A script for bash that completes commands, options and their words.
std::string bash_completion(CLI::App& app);

/// A table for README.md: command and what it does.
std::string command_table(CLI::App& app);

}  // namespace muster::launcher
