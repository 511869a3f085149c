#pragma once
// The option by which every command that has a node says what its engines have.

#include <string>

namespace CLI {
class App;
}

namespace muster::launcher {

/// Adds --resources, which fills `list` (it must outlive the parse) with what
/// wire::Resources::listed() takes.
void add_resources_option(CLI::App& command, std::string& list);

}  // namespace muster::launcher
