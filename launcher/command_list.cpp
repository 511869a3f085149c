// muster list: the running clusters of this user.

#include <memory>
#include <optional>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "launcher/cluster_lock.hpp"
#include "launcher/commands.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/output_format.hpp"
#include "launcher/text_table.hpp"
#include "protocol/cluster_directory.hpp"
#include "protocol/connection_file.hpp"
#include "protocol/printable.hpp"

namespace muster::launcher {
namespace {

std::vector<wire::ConnectionFile> running_clusters() {
  std::vector<wire::ConnectionFile> clusters;
  for (const wire::ClusterName& name : wire::known_clusters()) {
    const wire::ClusterDirectory directory(name);
    if (!ClusterLock::is_held(directory.lock_file())) continue;
    try {
      clusters.push_back(wire::read_connection_file(directory.connection_file()));
    } catch (const wire::ConnectionFileError& error) {
      // One that is just starting or ending has no file; the others deserve a word.
      if (error.kind() == wire::ConnectionFileError::Kind::missing) continue;
      fmt::print(stderr, "muster list: {}\n", error.what());
    }
  }
  return clusters;
}

void print_json(const std::vector<wire::ConnectionFile>& clusters) {
  auto array = nlohmann::ordered_json::array();
  for (const wire::ConnectionFile& cluster : clusters) {
    const wire::ClusterDirectory directory({cluster.profile, cluster.cluster_id});
    auto object = nlohmann::ordered_json::parse(to_json(cluster));
    object["connection_file"] = directory.connection_file().string();
    array.push_back(std::move(object));
  }
  fmt::print("{}\n", array.dump(2));
}

void print_table(const std::vector<wire::ConnectionFile>& clusters) {
  TextTable table({"profile", "cluster", "engines", "host", "controller", "uuid"});
  for (const wire::ConnectionFile& cluster : clusters) {
    table.add({cluster.profile, cluster.cluster_id, std::to_string(cluster.engines),
               wire::printable(cluster.host), std::to_string(cluster.controller_pid),
               cluster.uuid.hex()});
  }
  fmt::print("{}", table.text());
}

}  // namespace

void add_list(CLI::App& app, Run& run) {
  const auto format = std::make_shared<std::string>("table");
  CLI::App* command = app.add_subcommand("list", "List the running clusters of this user");
  add_format_options(*command, *format, {"table", "json"});
  command->footer(
      "  profile, cluster  how it is named: --profile and --cluster-id\n"
      "  engines           how many it was started with\n"
      "  host, controller  where its controller runs, and the number of that process\n"
      "  uuid              tells it from an earlier cluster of the same name");
  command->callback([format, &run] {
    run = [format] {
      const auto clusters = running_clusters();
      *format == "json" ? print_json(clusters) : print_table(clusters);
      return exit_ok;
    };
  });
}

}  // namespace muster::launcher
