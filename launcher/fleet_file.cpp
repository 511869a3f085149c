#include "launcher/fleet_file.hpp"

#include <exception>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "launcher/whole_number.hpp"
#include "protocol/private_file.hpp"

namespace muster::launcher {
namespace {

using controller::KnownFleet;
using nlohmann::json;

std::filesystem::path file_in(const wire::ClusterDirectory& directory) {
  return directory.path() / "fleet.json";
}

}  // namespace

std::optional<KnownFleet> read_fleet(const wire::ClusterDirectory& directory,
                                     const wire::Uuid& cluster) {
  std::ifstream file(file_in(directory));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  try {
    const json kept = json::parse(text);
    if (kept.at("cluster") != cluster.hex()) return std::nullopt;
    KnownFleet fleet;
    fleet.next_engine = whole_number<controller::EngineRef>(kept.at("next_engine"));
    for (const json& node : kept.at("nodes")) {
      const auto id = wire::Uuid::parse(node.at("id").get<std::string>());
      if (!id) return std::nullopt;
      fleet.nodes.push_back({*id, node.at("host").get<std::string>(), {}});
      for (const json& engine : node.at("engines"))
        fleet.nodes.back().engines.push_back(whole_number<controller::EngineRef>(engine));
    }
    for (const json& engine : kept.value("stopped", json::array()))
      fleet.stopped.push_back(whole_number<controller::EngineRef>(engine));
    return fleet;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

void write_fleet(const wire::ClusterDirectory& directory, const wire::Uuid& cluster,
                 const KnownFleet& fleet) {
  json nodes = json::array();
  for (const KnownFleet::KnownNode& node : fleet.nodes)
    nodes.push_back({{"id", node.id.hex()}, {"host", node.host}, {"engines", node.engines}});
  const json kept = {{"cluster", cluster.hex()},
                     {"next_engine", fleet.next_engine},
                     {"nodes", nodes},
                     {"stopped", fleet.stopped}};
  // Names of hosts are any bytes.
  wire::write_private_file(file_in(directory),
                           kept.dump(-1, ' ', false, json::error_handler_t::replace) + "\n",
                           wire::Durable::no);
}

}  // namespace muster::launcher
