// muster describe (internal): prints what is made from the table of options. The build calls it for
// the manual pages and the completion, a test for the table of README.md.

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/manual_page.hpp"
#include "launcher/option.hpp"
#include "launcher/text_file.hpp"

namespace muster::launcher {
namespace {

int describe_in(CLI::App& app, const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory / "man1");
  write_text_file(directory / "man1" / manual_page_name(app), manual_page(app, app));
  for (const CLI::App* command : shown_commands(app)) {
    write_text_file(directory / "man1" / manual_page_name(*command), manual_page(app, *command));
  }
  write_text_file(directory / "muster.bash", bash_completion(app));
  return exit_ok;
}

}  // namespace

void add_describe(CLI::App& app, Run& run) {
  const auto directory = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("describe", "Internal")->group("");
  command->add_option("directory", *directory, "Where to write; empty: the table of commands");
  command->callback([&app, directory, &run] {
    run = [&app, directory] {
      if (!directory->empty()) return describe_in(app, *directory);
      fmt::print("{}", command_table(app));
      return int{exit_ok};
    };
  });
}

}  // namespace muster::launcher
