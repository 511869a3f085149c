#pragma once
// What --help prints.

#include <string>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace muster::launcher {

/// "muster start [OPTIONS]".
std::string usage_line(const CLI::App& command);
/// The help of one command, or of `muster` itself: 80 columns, no option that isn't for people.
std::string help_text(const CLI::App& command);
/// An option's description with its default value behind it.
std::string described(const CLI::Option& option);

}  // namespace muster::launcher
