#include "launcher/option.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include <CLI/CLI.hpp>

namespace muster::launcher {
namespace {

bool is_help(const CLI::Option& option) {
  return option.check_lname("help") || option.check_lname("version");
}

std::string joined(const std::vector<std::string>& words, const char* separator) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : separator) + word;
  return text;
}

std::string constant_case(const std::string& text) {
  std::string result;
  for (const char c : text) {
    result += std::isalnum(static_cast<unsigned char>(c)) != 0
                  ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
                  : '_';
  }
  return result;
}

}  // namespace

void restrict_to_numbers(CLI::Option& option, long long smallest, long long largest,
                         const std::string& value_name) {
  option.type_name(value_name)
      ->check(CLI::Validator(
          [smallest, largest](std::string& text) -> std::string {
            long long value = 0;
            const auto [end, error] =
                std::from_chars(text.data(), text.data() + text.size(), value);
            if (error == std::errc() && end == text.data() + text.size() && value >= smallest &&
                value <= largest) {
              return {};
            }
            return "'" + text + "' isn't a number from " + std::to_string(smallest) + " to " +
                   std::to_string(largest);
          },
          ""));
}

void restrict_to_positive(CLI::Option& option, const std::string& value_name) {
  option.type_name(value_name)
      ->check(CLI::Validator(
          [](std::string& text) -> std::string {
            char* end = nullptr;
            const double value = std::strtod(text.c_str(), &end);
            if (!text.empty() && *end == '\0' && value > 0 && std::isfinite(value)) return {};
            return "'" + text + "' isn't a number above 0";
          },
          ""));
}

void restrict_to_words(CLI::Option& option, const std::vector<std::string>& words) {
  option.type_name(joined(words, "|"))
      ->check(CLI::Validator(
          [words](std::string& text) -> std::string {
            if (std::find(words.begin(), words.end(), text) != words.end()) return {};
            return "'" + text + "' is none of " + joined(words, ", ");
          },
          ""));
}

std::string long_name(const CLI::Option& option) {
  const auto& names = option.get_lnames();
  return names.empty() ? "" : names.front();
}

std::string synopsis(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name(true);
  std::vector<std::string> names;
  if (!option.get_snames().empty()) names.push_back("-" + option.get_snames().front());
  if (!option.get_lnames().empty()) names.push_back("--" + option.get_lnames().front());
  std::string text = joined(names, ", ");
  if (kind_of(option) != ValueKind::flag) text += " " + option.get_type_name();
  return text;
}

ValueKind kind_of(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return ValueKind::flag;
  constexpr std::array numbers{"N", "K", "SECONDS", "MIB", "INT", "UINT"};
  // CLI11's own checks put a description behind the name.
  const std::string type = option.get_type_name();
  const std::string name = type.substr(0, type.find_first_of(": "));
  const bool number = std::find(numbers.begin(), numbers.end(), name) != numbers.end();
  return number ? ValueKind::number : ValueKind::text;
}

std::vector<std::string> words_of(const CLI::Option& option) {
  std::vector<std::string> words;
  const std::string type = option.get_type_name();
  if (type.find('|') == std::string::npos) return words;
  for (std::size_t begin = 0; begin <= type.size();) {
    const std::size_t end = std::min(type.find('|', begin), type.size());
    words.push_back(type.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

bool is_shown(const CLI::Option& option) {
  return !option.get_group().empty();
}

bool is_setting(const CLI::Option& option) {
  return is_shown(option) && option.get_configurable() && !option.get_positional() &&
         !is_help(option) && !long_name(option).empty();
}

bool is_global(const CLI::Option& option) {
  return long_name(option) == "profile" || long_name(option) == "cluster-id";
}

std::string path_of(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  if (parent == nullptr) return "";
  const std::string above = path_of(*parent);
  return above.empty() ? command.get_name() : above + " " + command.get_name();
}

std::string environment_name(const CLI::App& command, const CLI::Option& option) {
  if (is_global(option)) return "MUSTER_" + constant_case(long_name(option));
  return "MUSTER_" + constant_case(path_of(command)) + "_" + constant_case(long_name(option));
}

std::vector<CLI::App*> shown_commands(CLI::App& app) {
  std::vector<CLI::App*> commands;
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    if (command->get_group().empty()) continue;
    const std::vector<CLI::App*> below = shown_commands(*command);
    if (below.empty()) commands.push_back(command);
    commands.insert(commands.end(), below.begin(), below.end());
  }
  return commands;
}

bool has_commands(const CLI::App& command) {
  // What has no name is a group of options.
  const auto below = command.get_subcommands([](const CLI::App*) { return true; });
  return std::any_of(below.begin(), below.end(),
                     [](const CLI::App* inner) { return !inner->get_name().empty(); });
}

CLI::App* find_command(CLI::App& above, const std::string& name) {
  for (CLI::App* command : above.get_subcommands([](CLI::App*) { return true; })) {
    if (command->check_name(name)) return command;
  }
  return nullptr;
}

CLI::App& chosen_command(CLI::App& app, const std::vector<std::string>& arguments) {
  CLI::App* chosen = &app;
  for (const std::string& argument : arguments) {
    if (argument.empty() || argument.front() == '-') break;
    CLI::App* next = find_command(*chosen, argument);
    if (next == nullptr) break;
    chosen = next;
  }
  return *chosen;
}

CLI::Option* find_option(CLI::App& command, const std::string& spelling) {
  if (spelling.size() < 2 || spelling.front() != '-') return nullptr;
  for (CLI::Option* option : command.get_options([](CLI::Option*) { return true; })) {
    if (!option->get_positional() && option->check_name(spelling)) return option;
  }
  return nullptr;
}

}  // namespace muster::launcher
