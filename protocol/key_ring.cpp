#include "protocol/key_ring.hpp"

#include <array>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "protocol/private_file.hpp"

namespace muster::wire {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t file_bytes_max = std::size_t{16} << 10;
constexpr const char* what = "key file";

using Member = std::pair<const char*, KeyPair KeyRing::*>;
constexpr std::array<Member, 5> members{{{"server", &KeyRing::server},
                                         {"client", &KeyRing::client},
                                         {"engine", &KeyRing::engine},
                                         {"node", &KeyRing::node},
                                         {"observer", &KeyRing::observer}}};

KeyPair pair_of(const Json& json, const char* name) {
  KeyPair keys;
  const auto found = json.find(name);
  if (found == json.end() || !found->is_object()) return keys;
  keys.public_key = found->value("public", Json()).is_string() ? found->value("public", "") : "";
  keys.secret_key = found->value("secret", Json()).is_string() ? found->value("secret", "") : "";
  return keys;
}

}  // namespace

KeyRing KeyRing::make() {
  return {KeyPair::make(), KeyPair::make(), KeyPair::make(), KeyPair::make(), KeyPair::make()};
}

const KeyPair& KeyRing::of(Role role) const {
  switch (role) {
    case Role::client:
      return client;
    case Role::engine:
      return engine;
    case Role::node:
      return node;
    case Role::observer:
      break;
  }
  return observer;
}

void write_key_ring(const std::filesystem::path& path, const KeyRing& keys) {
  Json json;
  for (const auto& [name, member] : members) {
    json[name] = {{"public", (keys.*member).public_key}, {"secret", (keys.*member).secret_key}};
  }
  write_private_file(path, json.dump(2) + "\n", Durable::no);
}

KeyRing read_key_ring(const std::filesystem::path& path) {
  const Json json = Json::parse(read_private_file(path, what, file_bytes_max), nullptr, false);
  KeyRing keys;
  for (const auto& [name, member] : members) {
    keys.*member = json.is_object() ? pair_of(json, name) : KeyPair{};
    if (is_key((keys.*member).public_key) && is_key((keys.*member).secret_key)) continue;
    throw PrivateFileError(PrivateFileError::Kind::damaged,
                           std::string(what) + " " + path.string() + " has no keys for \"" + name +
                               "\"; stop the cluster and start it again with: muster start");
  }
  return keys;
}

}  // namespace muster::wire
