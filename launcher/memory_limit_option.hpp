#pragma once
// The option by which every command that has a node bounds what its engines may take.

namespace CLI {
class App;
}

namespace muster::launcher {

/// Adds --memory-limit, which fills `mib` (it must outlive the parse); 0 stands for no limit.
void add_memory_limit_option(CLI::App& command, int& mib);

}  // namespace muster::launcher
