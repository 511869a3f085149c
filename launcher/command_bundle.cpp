// muster bundle: a program with its libraries, for hosts that don't have them.

#include <filesystem>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "launcher/bundle.hpp"
#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"

namespace muster::launcher {
namespace {

struct BundleOptions {
  std::string program;
  std::string output;
};

int bundle(const BundleOptions& options) {
  const std::filesystem::path program = options.program;
  const std::filesystem::path directory =
      options.output.empty() ? std::filesystem::path(program.filename().string() + ".bundle")
                             : std::filesystem::path(options.output);
  try {
    for (const NeededLibrary& library : make_bundle(program, directory))
      fmt::print("{:<28} {}\n", library.name, library.path.string());
  } catch (const std::exception& error) {
    fmt::print(stderr, "muster bundle: {}\n", error.what());
    return exit_failed;
  }
  fmt::print("start it with: {}\n", (directory / program.filename()).string());
  return exit_ok;
}

}  // namespace

void add_bundle(CLI::App& app, Run& run) {
  const auto options = std::make_shared<BundleOptions>();
  CLI::App* command =
      app.add_subcommand("bundle", "Pack a program with its libraries for hosts without them");
  command->add_option("program", options->program, "The program's file")
      ->required()
      ->type_name("PROGRAM")
      ->configurable(false);
  command->add_option("-o,--output", options->output, "The directory; PROGRAM.bundle unless given")
      ->type_name("DIRECTORY")
      ->configurable(false);
  command->callback([options, &run] { run = [options] { return bundle(*options); }; });
}

}  // namespace muster::launcher
