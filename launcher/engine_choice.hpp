#pragma once
// Which engines a command is for, and what comes after what when several have answered.

#include <string>
#include <vector>

#include "launcher/cluster_choice.hpp"

namespace CLI {
class App;
}

namespace muster {
class Client;
}

namespace muster::launcher {

struct EngineChoice {
  bool all = false;
  int engine = -1;
  std::string targets;
  std::string group = "engine";
};

/// Adds --targets and --group.
void add_targets(CLI::App& command, EngineChoice& choice);
/// And --all and --engine, which exclude it.
void add_engine_choice(CLI::App& command, EngineChoice& choice);

/// Their ids; none when nothing was chosen. Throws ClusterError that says what is wrong.
std::vector<int> chosen_engines(const EngineChoice& choice, const ClusterChoice& cluster,
                                const Client& client);

}  // namespace muster::launcher
