#include "launcher/manual_page.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <CLI/CLI.hpp>

#include "launcher/exit_code_texts.hpp"
#include "launcher/help_text.hpp"
#include "launcher/option.hpp"

namespace muster::launcher {
namespace {

std::string page_title(const CLI::App& command) {
  std::string title = path_of(command).empty() ? "muster" : "muster " + path_of(command);
  std::replace(title.begin(), title.end(), ' ', '-');
  return title;
}

/// Backslashes and dashes mean something to troff, and so do dots and quotes that begin a line.
std::string troff(std::string_view text) {
  std::string result;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) result += "\\&";
    if (c == '-') {
      result += "\\-";
    } else if (c == '\\') {
      result += "\\e";
    } else {
      result += c;
    }
    line_begins = c == '\n';
  }
  return result;
}

/// Paragraphs are parted by empty lines; lines that begin with a blank are kept as they are.
std::string paragraphs(std::string_view text) {
  std::string result;
  bool kept = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool keep = line.starts_with(' ') || (kept && line.empty() && text.starts_with(' '));
    if (keep != kept) result += keep ? ".PP\n.nf\n.RS 4\n" : ".RE\n.fi\n";
    kept = keep;
    if (line.empty() && !keep) {
      if (!text.empty() && !text.starts_with(' ')) result += ".PP\n";
    } else {
      result += troff(line.substr(std::min(line.find_first_not_of(' '), line.size()))) + "\n";
    }
  }
  return kept ? result + ".RE\n.fi\n" : result;
}

std::string entry(const std::string& head, const std::string& text) {
  return ".TP\n.B " + troff(head) + "\n" + troff(text) + "\n";
}

std::string options_section(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    if (!is_shown(*option)) continue;
    std::string description = described(*option) + ".";
    if (is_setting(*option)) {
      description += " Also: " + environment_name(command, *option) + " in the environment, ";
      description += is_global(*option) ? long_name(*option) + " at the top of the configuration."
                                        : long_name(*option) + " in section [" + path_of(command) +
                                              "] of the configuration.";
    }
    text += entry(synopsis(*option), description);
  }
  return text.empty() ? text : ".SH OPTIONS\n" + text;
}

std::string commands_section(CLI::App& app) {
  std::string text = ".SH COMMANDS\n";
  for (const CLI::App* command : shown_commands(app)) {
    text += entry(path_of(*command),
                  command->get_description() + ". See " + page_title(*command) + "(1).");
  }
  return text;
}

std::string exit_section() {
  std::string text = ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : exit_code_texts)
    text += entry(std::string(code), std::string(meaning) + ".");
  return text;
}

std::string files_section() {
  return ".SH FILES\n" +
         entry("$XDG_CONFIG_HOME/muster/config.toml",
               "The configuration (~/.config/muster/config.toml); muster-config-show(1).") +
         entry("$XDG_STATE_HOME/muster/PROFILE/CLUSTER-ID",
               "A cluster's connection file, lock and logs (~/.local/state/muster).");
}

std::string words_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words)
    line += (line.empty() ? "" : " ") + word;
  return line;
}

}  // namespace

std::string manual_page_name(const CLI::App& command) {
  return page_title(command) + ".1";
}

std::string manual_page(CLI::App& app, const CLI::App& command) {
  const bool top = command.get_parent() == nullptr;
  std::string title = page_title(command);
  std::transform(title.begin(), title.end(), title.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  std::string summary = command.get_description();
  summary.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(summary.front())));
  std::string text =
      ".TH " + title + " 1 \"\" \"muster " MUSTER_VERSION "\" \"Muster\"\n.nh\n.ad l\n";
  text += ".SH NAME\n" + page_title(command) + " \\- " + troff(summary) + "\n";
  text += ".SH SYNOPSIS\n.B " + troff(usage_line(command)) + "\n";
  text += ".SH DESCRIPTION\n" + troff(command.get_description()) + ".\n";
  if (!command.get_footer().empty()) text += ".PP\n" + paragraphs(command.get_footer());
  text += options_section(command);
  if (top) text += commands_section(app) + exit_section();
  text += files_section();
  text += ".SH SEE ALSO\n";
  text += top ? ".BR muster\\-start (1)\n" : ".BR muster (1)\n";
  return text;
}

std::string bash_completion(CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) {
    if (!command->get_group().empty()) names.push_back(command->get_name());
  }
  std::string cases;
  std::string values;
  for (CLI::App* command : shown_commands(app)) {
    std::vector<std::string> words;
    for (const CLI::Option* option : command->get_options()) {
      if (!is_shown(*option) || option->get_positional()) continue;
      for (const std::string& name : option->get_snames())
        words.push_back("-" + name);
      words.push_back("--" + long_name(*option));
      const std::vector<std::string> choices = words_of(*option);
      const bool file = option->get_type_name() == "FILE";
      if (choices.empty() && !file) continue;
      values += "    '" + path_of(*command) + "':--" + long_name(*option) + ") " +
                (file ? "COMPREPLY=($(compgen -f -- \"$word\"))"
                      : "COMPREPLY=($(compgen -W '" + words_line(choices) + "' -- \"$word\"))") +
                "; return ;;\n";
    }
    cases += "    '" + path_of(*command) + "') words='" + words_line(words) + "' ;;\n";
  }
  std::string nested;
  for (const CLI::App* command : app.get_subcommands({})) {
    std::vector<std::string> below;
    for (const CLI::App* inner : command->get_subcommands({}))
      below.push_back(inner->get_name());
    if (!below.empty()) {
      cases += "    '" + command->get_name() + "') words='" + words_line(below) + "' ;;\n";
      nested += "|" + command->get_name();
    }
  }
  return "# bash completion for muster; made from its table of options.\n"
         "_muster() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=\n"
         "  local command=\n"
         "  if ((COMP_CWORD > 1)); then command=${COMP_WORDS[1]}; fi\n"
         "  case $command in\n    ''" +
         nested +
         ")\n"
         "      if [[ -n $command ]] && ((COMP_CWORD > 2)); then command+=\" ${COMP_WORDS[2]}\"; "
         "fi ;;\n"
         "  esac\n"
         "  COMPREPLY=()\n"
         "  case $command:$before in\n" +
         values +
         "  esac\n"
         "  case $command in\n"
         "    '') words='" +
         words_line(names) + " --help --version' ;;\n" + cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "}\n"
         "complete -o default -F _muster muster\n";
}

std::string command_table(CLI::App& app) {
  std::string text = "| command | what it does |\n|---|---|\n";
  for (const CLI::App* command : shown_commands(app)) {
    text += "| `muster " + path_of(*command) + "` | " + command->get_description() + " |\n";
  }
  return text;
}

}  // namespace muster::launcher
