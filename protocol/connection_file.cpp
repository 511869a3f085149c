#include "protocol/connection_file.hpp"

#include <string_view>

#include <nlohmann/json.hpp>

namespace muster::wire {
namespace {

using Json = nlohmann::ordered_json;
using Fault = ConnectionFileError::Kind;

// A real one has less than 2 KiB; whatever is larger was not written by Muster.
constexpr std::size_t file_bytes_max = std::size_t{64} << 10;
constexpr std::string_view what = "connection file";

[[noreturn]] void refuse(Fault kind, const std::filesystem::path& path, const std::string& text) {
  throw ConnectionFileError(kind, std::string(what) + " " + path.string() + " " + text);
}

bool submits(Role role) {
  return role == Role::client;
}
bool has_engines(Role role) {
  return role == Role::node;
}

Json to_object(const KeyPair& keys) {
  return {{"public", keys.public_key}, {"secret", keys.secret_key}};
}

Json to_object(const ConnectionFile::Network& network, Role role) {
  Json json;
  if (submits(role)) json["client_endpoint"] = network.client_endpoint;
  if (has_engines(role)) json["engine_endpoint"] = network.engine_endpoint;
  json["control_endpoint"] = network.control_endpoint;
  json["server_key"] = network.keys.server_key;
  json["keys"] = to_object(network.keys.own);
  if (has_engines(role)) json["engine_keys"] = to_object(network.engine_keys);
  if (submits(role)) json["observer_keys"] = to_object(network.observer_keys);
  return json;
}

/// Reads members and remembers which one is wrong.
class Members {
 public:
  Members(const Json& json, const std::filesystem::path& path) : json_(json), path_(path) {}

  std::string text(const char* name) const {
    const auto member = json_.find(name);
    if (member == json_.end() || !member->is_string() ||
        member->get_ref<const std::string&>().empty()) {
      refuse(Fault::damaged, path_, std::string("has no text \"") + name + "\"" + restart_hint);
    }
    return member->get<std::string>();
  }

  std::int64_t number(const char* name, std::int64_t smallest) const {
    const auto member = json_.find(name);
    if (member == json_.end() || !member->is_number_integer() ||
        member->get<std::int64_t>() < smallest) {
      refuse(Fault::damaged, path_, std::string("has no valid \"") + name + "\"" + restart_hint);
    }
    return member->get<std::int64_t>();
  }

  std::string key(const char* name) const {
    std::string text = this->text(name);
    if (!is_key(text)) {
      refuse(Fault::damaged, path_, std::string("has no key \"") + name + "\"" + restart_hint);
    }
    return text;
  }

  Role role() const {
    const std::string name = text("role");
    for (const Role role : {Role::client, Role::node, Role::observer}) {
      if (name == name_of(role)) return role;
    }
    refuse(Fault::damaged, path_, "is for no role that there is" + std::string(restart_hint));
  }

  KeyPair keys(const char* name) const {
    const Members members = object(name);
    return {members.key("public"), members.key("secret")};
  }

  bool has(const char* name) const { return json_.contains(name); }
  Members object(const char* name) const {
    const auto member = json_.find(name);
    if (member == json_.end() || !member->is_object()) {
      refuse(Fault::damaged, path_, std::string("has no object \"") + name + "\"" + restart_hint);
    }
    return {*member, path_};
  }

 private:
  const Json& json_;
  const std::filesystem::path& path_;
};

ConnectionFile::Network network_of(const Members& members, Role role) {
  ConnectionFile::Network network;
  if (submits(role)) network.client_endpoint = members.text("client_endpoint");
  if (has_engines(role)) network.engine_endpoint = members.text("engine_endpoint");
  network.control_endpoint = members.text("control_endpoint");
  network.keys = {members.key("server_key"), members.keys("keys")};
  if (has_engines(role)) network.engine_keys = members.keys("engine_keys");
  if (submits(role)) network.observer_keys = members.keys("observer_keys");
  return network;
}

}  // namespace

ConnectionFile file_for(Role role, const ConnectionFile& whole) {
  ConnectionFile file = whole;
  file.role = role;
  if (!submits(role)) file.client_endpoint.clear();
  if (!has_engines(role)) file.engine_endpoint.clear();
  file.network.reset();
  return file;
}

ConnectionFile file_for(Role role, const ConnectionFile& whole, const NetworkEndpoints& endpoints,
                        const KeyRing& keys) {
  ConnectionFile file = file_for(role, whole);
  ConnectionFile::Network network;
  if (submits(role)) {
    network.client_endpoint = endpoints.client;
    network.observer_keys = keys.observer;
  }
  if (has_engines(role)) {
    network.engine_endpoint = endpoints.engine;
    network.engine_keys = keys.engine;
  }
  network.control_endpoint = endpoints.control;
  network.keys = keys.for_peer(role);
  file.network = std::move(network);
  return file;
}

std::string to_json(const ConnectionFile& file) {
  Json json{{"version", file.version},
            {"role", name_of(file.role)},
            {"uuid", file.uuid.hex()},
            {"profile", file.profile},
            {"cluster_id", file.cluster_id}};
  if (submits(file.role)) json["client_endpoint"] = file.client_endpoint;
  if (has_engines(file.role)) json["engine_endpoint"] = file.engine_endpoint;
  json["control_endpoint"] = file.control_endpoint;
  json["host"] = file.host;
  json["controller_pid"] = file.controller_pid;
  json["launcher_pid"] = file.launcher_pid;
  json["engines"] = file.engines;
  json["created"] = file.created;
  if (file.network) json["network"] = to_object(*file.network, file.role);
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

void write_connection_file(const std::filesystem::path& path, const ConnectionFile& file) {
  // What it describes are processes, and those are gone after a loss of power.
  write_private_file(path, to_json(file) + "\n", Durable::no);
}

ConnectionFile read_connection_file(const std::filesystem::path& path) {
  return parse_connection_file(read_private_file(path, what, file_bytes_max), path);
}

ConnectionFile parse_connection_file(std::string_view text, const std::filesystem::path& path) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) refuse(Fault::damaged, path, std::string("is not JSON") + restart_hint);
  const Members members(json, path);
  ConnectionFile file;
  file.version = members.number("version", 0);
  if (file.version != ConnectionFile::current_version) {
    refuse(Fault::damaged, path,
           "has version " + std::to_string(file.version) + ", this Muster reads version " +
               std::to_string(ConnectionFile::current_version) +
               "; use the same release for the cluster and the program");
  }
  file.role = members.role();
  const auto uuid = Uuid::parse(members.text("uuid"));
  if (!uuid || uuid->none()) {
    refuse(Fault::damaged, path, std::string("has no valid \"uuid\"") + restart_hint);
  }
  file.uuid = *uuid;
  file.profile = members.text("profile");
  file.cluster_id = members.text("cluster_id");
  if (submits(file.role)) file.client_endpoint = members.text("client_endpoint");
  if (has_engines(file.role)) file.engine_endpoint = members.text("engine_endpoint");
  file.control_endpoint = members.text("control_endpoint");
  file.host = members.text("host");
  file.controller_pid = members.number("controller_pid", 1);
  file.launcher_pid = members.number("launcher_pid", 1);
  file.engines = members.number("engines", 0);
  file.created = members.number("created", 0);
  if (members.has("network")) file.network = network_of(members.object("network"), file.role);
  return file;
}

}  // namespace muster::wire
