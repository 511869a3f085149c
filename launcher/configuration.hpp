#pragma once
// Values of options that aren't on the command line: from the environment, else from the
// configuration file, else the default. docs/configuration.md is for users.

#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace muster::launcher {

/// Names the file, the line and what to write instead.
class ConfigurationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Setting {
  std::optional<std::string> value;  ///< nullopt: not set, and the option has no default value
  std::string origin = "default";    ///< "flag", "environment NAME", "FILE:LINE", "default"
};

class Configuration {
 public:
  /// Nothing but defaults.
  Configuration() = default;
  /// Reads $XDG_CONFIG_HOME/muster/config.toml if it is there, or the file that --config among the
  /// arguments or MUSTER_CONFIG names, which has to be. Every key is checked against the options of
  /// `app`. Throws ConfigurationError.
  static Configuration read(CLI::App& app, const std::vector<std::string>& arguments);

  /// Gives the options of `command` the values that hold unless the command line says otherwise.
  /// Call it before the parse. Throws ConfigurationError when one isn't allowed.
  void apply(CLI::App& command) const;
  /// What holds for this option; a flag that was parsed counts.
  Setting setting(const CLI::App& command, const CLI::Option& option) const;
  /// The file that was read, if there was one.
  const std::optional<std::filesystem::path>& file() const { return file_; }

 private:
  struct Value {
    std::string text;
    std::string origin;
  };
  std::optional<Value> lookup(const CLI::App& command, const CLI::Option& option) const;
  void read_file(CLI::App& app);

  std::optional<std::filesystem::path> file_;
  /// By the command's path ("" for what holds for all) and the option's long name.
  std::map<std::pair<std::string, std::string>, Value> from_file_;
};

}  // namespace muster::launcher
