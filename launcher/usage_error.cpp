#include "launcher/usage_error.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "launcher/option.hpp"
#include "protocol/printable.hpp"
#include "protocol/suggestion.hpp"

namespace muster::launcher {
namespace {

using Words = std::vector<std::string>;

/// A wrong word, and what it may have been meant to be.
struct Mistake {
  std::string text;
  std::string meant;
};

std::string name_of(const CLI::App& command) {
  const std::string path = path_of(command);
  return path.empty() ? "muster" : "muster " + path;
}

Mistake unknown_command(const CLI::App& above, const std::string& word) {
  Words names;
  for (const CLI::App* known : above.get_subcommands({})) {
    if (!known->get_group().empty()) names.push_back(known->get_name());
  }
  return {name_of(above) + ": there is no command '" + word + "'", wire::nearest(word, names)};
}

Mistake unknown_option(const CLI::App& command, const std::string& word) {
  Words names;
  for (const CLI::Option* option : command.get_options()) {
    if (!is_shown(*option)) continue;
    for (const std::string& name : option->get_lnames())
      names.push_back("--" + name);
  }
  const std::string name = word.substr(0, word.find('='));
  return {name_of(command) + " has no option " + name, wire::nearest(name, names)};
}

/// They take a command line behind their own.
bool runs_a_command(const CLI::App& command) {
  return path_of(command) == "run" || path_of(command) == "exec";
}

/// "muster run ls -l": the options of the command look like ours.
std::string with_dashes(CLI::App& run, const Words& arguments) {
  std::string line = name_of(run);
  auto word = arguments.begin() + 1;
  while (word != arguments.end() && word->starts_with("-")) {
    CLI::Option* option = find_option(run, word->substr(0, word->find('=')));
    if (option == nullptr) break;
    line += " " + *word;
    const bool takes_next = kind_of(*option) != ValueKind::flag &&
                            word->find('=') == std::string::npos && word + 1 != arguments.end();
    if (takes_next) line += " " + *++word;
    ++word;
  }
  line += " --";
  for (; word != arguments.end(); ++word)
    line += " " + *word;
  return line;
}

Mistake unexpected(CLI::App& app, CLI::App& command, const Words& arguments) {
  Words extras = command.remaining();
  if (extras.empty()) extras = app.remaining(true);
  std::erase(extras, "--");
  if (extras.empty()) return {name_of(command) + ": an argument too many", ""};
  const std::string& word = extras.front();
  if (runs_a_command(command) &&
      std::find(arguments.begin(), arguments.end(), "--") == arguments.end()) {
    const Mistake mistake = unknown_option(command, word);
    if (mistake.meant.empty()) {
      return {name_of(command) + " has no option " + word +
                  "; a command that has options stands behind --:\n  " +
                  with_dashes(command, arguments),
              ""};
    }
    return mistake;
  }
  if (command.get_parent() == nullptr && word.starts_with("-")) {
    for (const std::string& other : arguments) {
      CLI::App* meant = find_command(app, other);
      if (meant == nullptr || find_option(*meant, word.substr(0, word.find('='))) == nullptr)
        continue;
      return {"muster: " + word + " stands behind the command: muster " + other + " " + word, ""};
    }
  }
  if (word.starts_with("-")) return unknown_option(command, word);
  if (has_commands(command)) return unknown_command(command, word);
  return {name_of(command) + " takes no argument '" + word + "'", ""};
}

Mistake missing(CLI::App& command, const CLI::ParseError& error, const Words& arguments) {
  if (has_commands(command)) {
    for (const std::string& word : arguments) {
      if (word == command.get_name()) continue;
      if (word.starts_with("-")) {
        // Ours may be spelled wrong, or belong behind the command's name.
        if (find_option(command, word.substr(0, word.find('='))) == nullptr) {
          return unknown_option(command, word);
        }
        continue;
      }
      if (find_command(command, word) == nullptr) return unknown_command(command, word);
    }
    return {name_of(command) + ": which command?", ""};
  }
  for (const std::string& word : command.remaining()) {
    if (word.starts_with("-") && word != "--") return unknown_option(command, word);
  }
  if (path_of(command) == "exec") {
    return {"muster exec needs a program to run, for example: muster exec -n 8 -- ./my_program",
            ""};
  }
  if (path_of(command) == "run") {
    return {"muster run needs a command to run, for example: muster run -- hostname", ""};
  }
  return {name_of(command) + ": " + error.what(), ""};
}

Mistake mistake_of(CLI::App& app, const CLI::ParseError& error, const Words& arguments) {
  CLI::App& command = chosen_command(app, arguments);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    return unexpected(app, command, arguments);
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    return missing(command, error, arguments);
  }
  // The others begin with the option's name: "--engines: 1 required N missing".
  const std::string text = error.what();
  if (text.find("disallowed flag override") != std::string::npos) {
    return {name_of(command) + ": --" + text.substr(0, text.find(' ')) + " takes no value", ""};
  }
  const std::string name = text.substr(0, text.find(':'));
  const CLI::Option* option = find_option(command, name);
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr && option != nullptr) {
    return {name_of(command) + ": " + name + " needs a value: " + synopsis(*option), ""};
  }
  if (dynamic_cast<const CLI::ExcludesError*>(&error) != nullptr) {
    return {name_of(command) + ": " + text + "; give one of them", ""};
  }
  Mistake mistake{name_of(command) + ": " + text, ""};
  if (option != nullptr) {
    const std::size_t begin = text.find('\'');
    const std::size_t end = text.find('\'', begin + 1);
    if (end != std::string::npos) {
      mistake.meant = wire::nearest(text.substr(begin + 1, end - begin - 1), words_of(*option));
    }
  }
  return mistake;
}

}  // namespace

std::string usage_error_text(CLI::App& app, const CLI::ParseError& error, const Words& arguments) {
  const Mistake mistake = mistake_of(app, error, arguments);
  std::string text = wire::printable_lines(mistake.text) + "\n";
  if (!mistake.meant.empty()) text += "Did you mean " + mistake.meant + "?\n";
  const std::string path = path_of(chosen_command(app, arguments));
  return text + "See muster " + (path.empty() ? "" : path + " ") + "--help.\n";
}

}  // namespace muster::launcher
