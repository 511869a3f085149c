#include "launcher/hosts_file.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <string>

#include "launcher/limits.hpp"
#include "launcher/toml_file.hpp"
#include "protocol/printable.hpp"
#include "protocol/suggestion.hpp"

namespace muster::launcher {
namespace {

namespace fs = std::filesystem;

/// One [[host]].
class HostTable {
 public:
  HostTable(const fs::path& path, const toml::table& table) : path_(path), table_(table) {}

  RemoteHost host() const {
    for (const auto& [key, node] : table_) {
      const std::string name(key.str());
      const std::vector<std::string> known{"name",      "port",     "engines",
                                           "directory", "prologue", "environment"};
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      const std::string meant = wire::nearest(name, known);
      refuse(key.source(), "[[host]] has no key " + wire::printable(name) +
                               (meant.empty() ? "" : "; did you mean " + meant + "?"));
    }
    RemoteHost host;
    host.destination = text("name");
    if (!is_host_name(host.destination)) refuse(table_.source(), "[[host]] needs a name");
    host.port = number("port", port_max);
    host.engines = number("engines", engines_max);
    host.setup = setup();
    return host;
  }

 private:
  [[noreturn]] void refuse(const toml::source_region& source, const std::string& why) const {
    throw TomlError(place_in(path_, source) + ": " + why);
  }

  std::string text(const char* key) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return "";
    if (!node->is_string()) refuse(node->source(), std::string(key) + " wants a text in quotes");
    const std::string text = node->value<std::string>().value();
    if (text.find('\0') != std::string::npos) refuse(node->source(), "a text has no \\u0000");
    return text;
  }

  int number(const char* key, int largest) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return 0;
    const std::int64_t value = node->is_integer() ? node->value<std::int64_t>().value() : 0;
    if (value >= 1 && value <= largest) return static_cast<int>(value);
    refuse(node->source(),
           std::string(key) + " wants a number from 1 to " + std::to_string(largest));
  }

  static std::string quoted(const std::string& text) {
    std::string result = "'";
    for (const char c : text)
      result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return result + "'";
  }

  /// The prologue comes last: it may use what the others have set.
  std::string setup() const {
    std::string shell;
    if (const std::string directory = text("directory"); !directory.empty()) {
      shell += "cd -- " + quoted(directory) + " || exit 1\n";
    }
    if (const toml::node* node = table_.get("environment"); node != nullptr) {
      if (!node->is_table()) refuse(node->source(), "environment wants { NAME = \"value\" }");
      for (const auto& [key, value] : *node->as_table()) {
        const std::string name(key.str());
        if (!is_variable(name) || !value.is_string()) {
          refuse(key.source(), "environment wants names of variables, with texts in quotes");
        }
        shell += "export " + name + "=" + quoted(value.value<std::string>().value()) + "\n";
      }
    }
    if (const std::string prologue = text("prologue"); !prologue.empty()) shell += prologue + "\n";
    return shell;
  }

  static bool is_variable(const std::string& name) {
    return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
           std::all_of(name.begin(), name.end(), [](char c) {
             return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
           });
  }

  const fs::path& path_;
  const toml::table& table_;
};

}  // namespace

std::vector<RemoteHost> read_hosts_file(const fs::path& path) {
  const toml::table file = read_toml(path, "the file of hosts", "name another one with --hosts");
  const std::string name = wire::printable(path.string());
  for (const auto& [key, node] : file) {
    if (key.str() != "host" || !node.is_array_of_tables()) {
      throw TomlError(place_in(path, key.source()) +
                      ": only [[host]] stands here; write one for each host");
    }
  }
  const toml::node* list = file.get("host");
  if (list == nullptr) throw TomlError(name + ": no hosts; write a [[host]] for each");
  std::vector<RemoteHost> hosts;
  for (const toml::node& node : *list->as_array())
    hosts.push_back(HostTable(path, *node.as_table()).host());
  label_hosts(hosts);
  return hosts;
}

}  // namespace muster::launcher
