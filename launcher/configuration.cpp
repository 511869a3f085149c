#include "launcher/configuration.hpp"

#include <cstdlib>
#include <system_error>

#include <CLI/CLI.hpp>

#include "launcher/option.hpp"
#include "launcher/toml_file.hpp"
#include "protocol/printable.hpp"
#include "protocol/suggestion.hpp"

namespace muster::launcher {
namespace {

namespace fs = std::filesystem;

fs::path standard_file() {
  // A relative XDG_CONFIG_HOME is invalid by the XDG specification and is ignored.
  const char* home = std::getenv("XDG_CONFIG_HOME");
  if (home != nullptr && home[0] == '/') return fs::path(home) / "muster" / "config.toml";
  home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return fs::path(home) / ".config/muster/config.toml";
  return {};
}

/// What --config, which has to be known before the rest is parsed, says.
std::string named_file(CLI::App& app, const std::vector<std::string>& arguments) {
  // Behind the command of `run` nothing is ours.
  CLI::App& command = chosen_command(app, arguments);
  for (auto word = arguments.begin(); word != arguments.end() && *word != "--"; ++word) {
    if (word->starts_with("--config=")) return word->substr(9);
    const auto next = word + 1;
    if (*word == "--config" && next != arguments.end()) return *next;
    const CLI::Option* option = find_option(command, *word);
    if (option != nullptr && kind_of(*option) != ValueKind::flag && next != arguments.end()) ++word;
  }
  const char* variable = std::getenv("MUSTER_CONFIG");
  return variable == nullptr ? "" : variable;
}

[[noreturn]] void refuse(const std::string& place, const std::string& text,
                         const std::string& meant = "") {
  throw ConfigurationError(place + ": " + wire::printable(text) +
                           (meant.empty() ? "" : "; did you mean " + meant + "?"));
}

const char* kind_text(ValueKind kind) {
  switch (kind) {
    case ValueKind::flag:
      return "true or false";
    case ValueKind::number:
      return "a number";
    case ValueKind::text:
      break;
  }
  return "a text in quotes";
}

/// The value as it would stand on the command line; nullopt when its type is another one.
std::optional<std::string> text_of(const toml::node& node, ValueKind kind) {
  if (kind == ValueKind::flag && node.is_boolean()) {
    return node.value<bool>().value() ? "true" : "false";
  }
  if (kind == ValueKind::number && node.is_integer()) {
    return std::to_string(node.value<std::int64_t>().value());
  }
  if (kind == ValueKind::text && node.is_string()) return node.value<std::string>();
  return std::nullopt;
}

std::vector<std::string> setting_names(const CLI::App& command, bool global) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    if (is_setting(*option) && is_global(*option) == global) names.push_back(long_name(*option));
  }
  return names;
}

/// --profile and --cluster-id, as any command has them.
const CLI::Option* global_option(CLI::App& app, const std::string& name) {
  for (CLI::App* command : shown_commands(app)) {
    const CLI::Option* option = find_option(*command, "--" + name);
    if (option != nullptr && is_global(*option)) return option;
  }
  return nullptr;
}

void check_value(CLI::Option& option, const std::string& text, const std::string& place) {
  try {
    option.add_result(text);
    option.run_callback();
    option.clear();
  } catch (const CLI::ParseError& error) {
    option.clear();
    refuse(place, error.what());
  }
}

}  // namespace

Configuration Configuration::read(CLI::App& app, const std::vector<std::string>& arguments) {
  Configuration configuration;
  const std::string named = named_file(app, arguments);
  std::error_code error;
  if (!named.empty()) {
    configuration.file_ = fs::absolute(named, error);
  } else if (const fs::path standard = standard_file(); fs::exists(standard, error)) {
    configuration.file_ = standard;
  }
  if (configuration.file_) configuration.read_file(app);
  return configuration;
}

void Configuration::read_file(CLI::App& app) {
  toml::table table;
  try {
    table = read_toml(*file_, "the configuration file", "name another one with --config");
  } catch (const TomlError& error) {
    throw ConfigurationError(error.what());
  }
  const auto place_of = [this](const toml::source_region& source) {
    return place_in(*file_, source);
  };
  std::vector<std::string> sections;
  for (const CLI::App* command : shown_commands(app)) {
    if (!setting_names(*command, false).empty()) sections.push_back(path_of(*command));
  }
  const auto keep = [&](const std::string& section, const std::string& key, const toml::node& node,
                        const CLI::Option& option) {
    const std::optional<std::string> value = text_of(node, kind_of(option));
    const std::string place = place_of(node.source());
    if (!value) refuse(place, key + " wants " + kind_text(kind_of(option)));
    from_file_[{section, key}] = {*value, place};
  };
  for (const auto& [top_key, node] : table) {
    const std::string key(top_key.str());
    const std::string place = place_of(top_key.source());
    if (const CLI::Option* option = global_option(app, key); option != nullptr) {
      keep("", key, node, *option);
      continue;
    }
    CLI::App* command = find_command(app, key);
    const bool known =
        command != nullptr && std::find(sections.begin(), sections.end(), key) != sections.end();
    if (!known || !node.is_table()) {
      if (known) refuse(place, key + " is a section: write [" + key + "] and its keys below it");
      std::vector<std::string> names = sections;
      names.insert(names.end(), {"profile", "cluster-id"});
      refuse(place,
             "there is no " + std::string(node.is_table() ? "section [" : "key ") + key +
                 (node.is_table() ? "]" : ""),
             wire::nearest(key, names));
    }
    for (const auto& [inner_key, inner_node] : *node.as_table()) {
      const std::string inner(inner_key.str());
      const CLI::Option* option = find_option(*command, "--" + inner);
      if (option == nullptr || !is_setting(*option) || long_name(*option) != inner ||
          is_global(*option)) {
        if (option != nullptr && is_global(*option)) {
          refuse(place_of(inner_key.source()), inner + " stands above the first section");
        }
        refuse(place_of(inner_key.source()), "[" + key + "] has no key " + inner,
               wire::nearest(inner, setting_names(*command, false)));
      }
      keep(key, inner, inner_node, *option);
    }
  }
}

std::optional<Configuration::Value> Configuration::lookup(const CLI::App& command,
                                                          const CLI::Option& option) const {
  const std::string variable = environment_name(command, option);
  const char* value = std::getenv(variable.c_str());
  if (value != nullptr && value[0] != '\0') return Value{value, "environment " + variable};
  const std::string section = is_global(option) ? "" : path_of(command);
  const auto found = from_file_.find({section, long_name(option)});
  if (found == from_file_.end()) return std::nullopt;
  return found->second;
}

void Configuration::apply(CLI::App& command) const {
  for (CLI::Option* option : command.get_options([](CLI::Option*) { return true; })) {
    if (!is_setting(*option)) continue;
    const auto value = lookup(command, *option);
    if (value) check_value(*option, value->text, value->origin);
  }
}

Setting Configuration::setting(const CLI::App& command, const CLI::Option& option) const {
  if (option.count() > 0) return {option.results().back(), "flag"};
  if (const auto value = lookup(command, option)) return {value->text, value->origin};
  if (kind_of(option) == ValueKind::flag) return {"false", "default"};
  if (option.get_default_str().empty()) return {};
  return {option.get_default_str(), "default"};
}

}  // namespace muster::launcher
