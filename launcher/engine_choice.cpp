#include "launcher/engine_choice.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <muster/client.hpp>

#include "launcher/cluster_options.hpp"
#include "launcher/named_engines.hpp"
#include "launcher/option.hpp"

namespace muster::launcher {
namespace {

constexpr int engine_max = 1'000'000;

}  // namespace

void add_targets(CLI::App& command, EngineChoice& choice) {
  command.add_option("-t,--targets", choice.targets, "On these engines: 0,2:5 or -1")
      ->type_name("ENGINES")
      // A variable of a script that isn't set must not mean all of them.
      ->check([](const std::string& text) {
        if (text.empty()) return std::string("names no engine: write 0,2:5, or leave it out");
        if (names_engines(text)) return std::string();
        return "'" + text + "' names no engines: write numbers and slices, such as 0,2:5 or -1";
      })
      ->configurable(false);
  CLI::Option* group = command.add_option(
      "--group", choice.group, "What comes after what when several engines have answered");
  restrict_to_words(*group, {"engine", "order", "type"});
  group->capture_default_str()->configurable(false);
}

void add_engine_choice(CLI::App& command, EngineChoice& choice) {
  CLI::Option* all =
      command.add_flag("--all", choice.all, "On each engine, its lines marked with the engine");
  all->configurable(false);
  CLI::Option* engine = command.add_option("--engine", choice.engine, "On this engine");
  restrict_to_numbers(*engine, 0, engine_max, "K");
  engine->excludes(all)->configurable(false);
  add_targets(command, choice);
  command.get_option("--targets")->excludes(all)->excludes(engine);
}

std::vector<int> chosen_engines(const EngineChoice& choice, const ClusterChoice& cluster,
                                const Client& client) {
  const std::vector<int> ids = client.ids();
  if (choice.all && ids.empty())
    throw ClusterError("the cluster has no engines: add some with: muster engines");
  if (choice.all) return ids;
  if (!choice.targets.empty()) return engines_in_words(choice.targets, ids);
  if (choice.engine < 0) return {};
  if (std::find(ids.begin(), ids.end(), choice.engine) == ids.end()) {
    const std::string arguments =
        cluster.by_name() ? arguments_for(cluster.name) : " --file " + cluster.file;
    throw ClusterError(
        fmt::format("there is no engine {}; see: muster status{}", choice.engine, arguments));
  }
  return {choice.engine};
}

}  // namespace muster::launcher
