#include "launcher/help_text.hpp"

#include <CLI/CLI.hpp>

#include "launcher/option.hpp"
#include "launcher/wrapped_text.hpp"

namespace muster::launcher {
namespace {

constexpr std::size_t option_column = 26;
constexpr std::size_t command_column = 14;

/// `name` in the left column, `text` in the right one, below it when the name is too long.
std::string row(const std::string& name, const std::string& text, std::size_t column) {
  std::string line = "  " + name;
  if (line.size() + 2 > column) {
    line += "\n" + std::string(column, ' ');
  } else {
    line.resize(column, ' ');
  }
  return line + wrapped(text, column) + "\n";
}

std::string options_text(const CLI::App& command) {
  std::string arguments;
  std::string options;
  for (const CLI::Option* option : command.get_options()) {
    if (!is_shown(*option)) continue;
    (option->get_positional() ? arguments : options) +=
        row(synopsis(*option), described(*option), option_column);
  }
  std::string text;
  if (!arguments.empty()) text += "\nArguments:\n" + arguments;
  if (!options.empty()) text += "\nOptions:\n" + options;
  return text;
}

std::string commands_text(const CLI::App& command) {
  std::string text;
  for (const CLI::App* below : command.get_subcommands({})) {
    if (below->get_group().empty()) continue;
    text += row(below->get_name(), below->get_description(), command_column);
  }
  return text.empty() ? text : "\nCommands:\n" + text;
}

}  // namespace

std::string described(const CLI::Option& option) {
  std::string text = option.get_description();
  if (!option.get_default_str().empty() && kind_of(option) != ValueKind::flag) {
    text += " [" + option.get_default_str() + "]";
  }
  return text;
}

std::string usage_line(const CLI::App& command) {
  const std::string path = path_of(command);
  std::string line = path.empty() ? "muster" : "muster " + path;
  if (has_commands(command)) return line + " COMMAND";
  line += " [OPTIONS]";
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional()) {
      const std::string name = option->get_name(true);
      const bool several = option->get_items_expected_max() > 1;  // it may look like our options
      line += several ? " -- " + name + "..." : " " + name;
    }
  }
  return line;
}

std::string help_text(const CLI::App& command) {
  std::string text = "Usage: " + usage_line(command) + "\n\n" +
                     wrapped(command.get_description() + ".", 0) + "\n" + commands_text(command) +
                     options_text(command);
  std::string more = command.get_footer();
  if (!more.empty()) text += "\n" + wrapped(more, 0) + "\n";
  return text;
}

}  // namespace muster::launcher
