// The `muster` command. Its own functions run nowhere; as an engine it is the stock image.

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/suggestion.hpp"

namespace {

using namespace muster::launcher;

std::string mistaken_option(const CLI::App& command, const std::string& argument) {
  const std::string name = argument.substr(0, argument.find('='));
  std::vector<std::string> options;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& known : option->get_lnames())
      options.push_back("--" + known);
    for (const std::string& known : option->get_snames())
      options.push_back("-" + known);
  }
  for (const std::string& known : options) {
    if (known == name) return {};
  }
  return nearest(name, options);
}

/// What the first word that isn't known was probably meant to be; empty when nothing comes close.
std::string meant(const CLI::App& app, const std::vector<std::string>& arguments) {
  if (arguments.empty()) return {};
  std::vector<std::string> names;
  const CLI::App* command = nullptr;
  for (const CLI::App* known : app.get_subcommands({})) {
    if (known->get_name() == arguments.front()) command = known;
    if (!known->get_group().empty()) names.push_back(known->get_name());
  }
  if (command == nullptr && arguments.front().front() != '-') {
    return nearest(arguments.front(), names);
  }
  for (const std::string& argument : arguments) {
    if (argument.size() < 3 || !argument.starts_with("--")) continue;
    const std::string guess = mistaken_option(command == nullptr ? app : *command, argument);
    if (!guess.empty()) return guess;
  }
  return {};
}

/// CLI11's own words, but for a command that doesn't exist, about which it only says that one is
/// required.
std::string problem(const CLI::App& app, const CLI::ParseError& error,
                    const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front().front() == '-') return error.what();
  for (const CLI::App* known : app.get_subcommands({})) {
    if (known->get_name() == arguments.front()) return error.what();
  }
  return "there is no command '" + arguments.front() + "'";
}

int report_usage(const CLI::App& app, const CLI::ParseError& error,
                 const std::vector<std::string>& arguments) {
  const std::string guess = meant(app, arguments);
  fmt::print(stderr, "muster: {}\n", problem(app, error, arguments));
  if (!guess.empty()) fmt::print(stderr, "Did you mean {}?\n", guess);
  fmt::print(stderr, "See muster --help, or muster COMMAND --help.\n");
  return exit_usage;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs a C++ program's own functions on a cluster of engine processes", "muster");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  Run run;
  add_start(app, run);
  add_stop(app, run);
  add_status(app, run);
  add_list(app, run);
  add_run(app, run);
  add_report(app, run);
  add_version(app, run);
  add_controller(app, run);
  add_node(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);  // --help, --version
  } catch (const CLI::ParseError& error) {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    std::erase(arguments, "");
    return report_usage(app, error, arguments);
  }
  try {
    return run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "muster: {}\n", error.what());
    return exit_failed;
  }
}
