// muster version

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"

namespace muster::launcher {

const char* version_text() {
  return "muster " MUSTER_VERSION;
}

void add_version(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("version", "Print the version");
  command->callback([&run] {
    run = [] {
      fmt::print("{}\n", version_text());
      return exit_ok;
    };
  });
}

}  // namespace muster::launcher
