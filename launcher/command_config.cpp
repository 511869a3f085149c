// muster config show: what holds, and where it comes from.

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "launcher/cluster_options.hpp"
#include "launcher/commands.hpp"
#include "launcher/configuration.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/option.hpp"
#include "launcher/output_format.hpp"
#include "protocol/printable.hpp"

namespace muster::launcher {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t origin_column = 40;

struct ShownSetting {
  std::string section;  ///< empty for what holds for all commands
  std::string name;
  ValueKind kind = ValueKind::text;
  Setting setting;
};

std::vector<ShownSetting> settings_of(CLI::App& app, const CLI::App& shown,
                                      const Configuration& configuration) {
  std::vector<ShownSetting> settings;
  for (const CLI::Option* option : shown.get_options()) {
    if (is_setting(*option) && is_global(*option)) {
      settings.push_back(
          {"", long_name(*option), kind_of(*option), configuration.setting(shown, *option)});
    }
  }
  for (const CLI::App* command : shown_commands(app)) {
    for (const CLI::Option* option : command->get_options()) {
      // Whoever asks for the configuration has chosen a format for that.
      if (!is_setting(*option) || is_global(*option) || command == &shown) continue;
      settings.push_back({path_of(*command), long_name(*option), kind_of(*option),
                          configuration.setting(*command, *option)});
    }
  }
  return settings;
}

Json json_value(const ShownSetting& shown) {
  if (!shown.setting.value) return nullptr;
  if (shown.kind == ValueKind::flag) return *shown.setting.value == "true";
  if (shown.kind == ValueKind::number) return std::atoll(shown.setting.value->c_str());
  return *shown.setting.value;
}

std::string json_text(const std::vector<ShownSetting>& settings) {
  Json json = Json::object();
  for (const ShownSetting& shown : settings) {
    Json& place = shown.section.empty() ? json : json[shown.section];
    place[shown.name] = {{"value", json_value(shown)}, {"origin", shown.setting.origin}};
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// A configuration file that would give the same values.
std::string toml_text(const std::vector<ShownSetting>& settings) {
  std::string text;
  std::string section;
  for (const ShownSetting& shown : settings) {
    if (shown.section != section) {
      section = shown.section;
      text += "\n[" + section + "]\n";
    }
    std::string line = "# " + shown.name + " =";
    if (shown.setting.value) {
      // JSON's strings are TOML's.
      line = shown.name + " = " +
             json_value(shown).dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    line.resize(std::max(line.size() + 1, origin_column), ' ');
    text += line + "# " +
            (shown.setting.value ? wire::printable(shown.setting.origin) : "not set") + "\n";
  }
  return text;
}

int show(CLI::App& app, const CLI::App& command, const Configuration& configuration,
         const std::string& format) {
  const auto settings = settings_of(app, command, configuration);
  fmt::print("{}", format == "json" ? json_text(settings) : toml_text(settings));
  return exit_ok;
}

}  // namespace

void add_config(CLI::App& app, Run& run, const Configuration& configuration) {
  CLI::App* config = app.add_subcommand("config", "Look at the configuration");
  config->require_subcommand(1);
  CLI::App* command = config->add_subcommand("show", "Show what holds, and where it comes from");
  const auto name = std::make_shared<wire::ClusterName>();
  add_cluster_options(*command, *name);
  const auto format = std::make_shared<std::string>("toml");
  add_format_options(*command, *format, {"toml", "json"});
  command->footer(
      "Each value has its origin behind it: flag, environment NAME, FILE:LINE or default. A flag\n"
      "is stronger than the environment, that than the file, and the file than the default. What "
      "is\n"
      "printed as TOML can be used as a configuration file.\n\n"
      "The file is $XDG_CONFIG_HOME/muster/config.toml (~/.config/muster/config.toml), unless\n"
      "--config or MUSTER_CONFIG names another one. Its keys are the long names of the options, "
      "in\n"
      "a section for each command:\n\n"
      "  profile = \"work\"\n\n"
      "  [start]\n"
      "  engines = 8\n"
      "  scheme = \"roundrobin\"");
  command->callback([&app, &configuration, command, name, format, &run] {
    run = [&app, &configuration, command, name, format] {
      return show(app, *command, configuration, *format);
    };
  });
}

}  // namespace muster::launcher
