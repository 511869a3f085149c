#pragma once
// What is said about a command line that makes no sense: which word is wrong, and what was probably
// meant.

#include <string>
#include <vector>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace muster::launcher {

/// Lines for stderr. `arguments` are those of the program, without its name.
std::string usage_error_text(CLI::App& app, const CLI::ParseError& error,
                             const std::vector<std::string>& arguments);

}  // namespace muster::launcher
