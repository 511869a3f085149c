#pragma once
// What the table of options says about one of them. The table is the CLI::App that the add_...
// functions of launcher/commands.hpp fill: the parser, the help, the configuration, `config show`,
// the manual pages and the completion of the shell all read it.

#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
class Validator;
}  // namespace CLI

namespace muster::launcher {

enum class ValueKind { flag, number, text };

/// Restrict an option to numbers or to some words, with an error that says what is wanted. Words
/// are shown, and completed, as the name of the value.
void restrict_to_numbers(CLI::Option& option, long long smallest, long long largest,
                         const std::string& value_name = "N");
void restrict_to_positive(CLI::Option& option, const std::string& value_name);
void restrict_to_words(CLI::Option& option, const std::vector<std::string>& words);

/// "engines" of -n,--engines; empty for an argument that has no name. Later long names are kept for
/// old scripts and not shown.
std::string long_name(const CLI::Option& option);
/// "-n, --engines N".
std::string synopsis(const CLI::Option& option);
ValueKind kind_of(const CLI::Option& option);
/// The words that an option is restricted to.
std::vector<std::string> words_of(const CLI::Option& option);
/// False for the options by which Muster's processes start each other.
bool is_shown(const CLI::Option& option);
/// It may stand in a configuration file and in the environment. Options that say what to do now
/// (`--all`, `--dry-run`) are marked with `configurable(false)`.
bool is_setting(const CLI::Option& option);
/// --profile and --cluster-id are the same for all commands: no section, no command's name.
bool is_global(const CLI::Option& option);

/// "start", "config show".
std::string path_of(const CLI::App& command);
/// MUSTER_START_ENGINES, MUSTER_PROFILE.
std::string environment_name(const CLI::App& command, const CLI::Option& option);
/// The commands that people may type, without those that only have commands of their own.
std::vector<CLI::App*> shown_commands(CLI::App& app);
/// It is only the first half of a command: `config` of `config show`.
bool has_commands(const CLI::App& command);
/// A command right below `above`; nullptr when there is none of that name.
CLI::App* find_command(CLI::App& above, const std::string& name);
/// The command that these arguments name; the app itself when they name none.
CLI::App& chosen_command(CLI::App& app, const std::vector<std::string>& arguments);
/// The option of this spelling ("--engines", "-n"); nullptr when there is none.
CLI::Option* find_option(CLI::App& command, const std::string& spelling);

}  // namespace muster::launcher
