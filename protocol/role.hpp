#pragma once
// Who a peer of the controller is. Its HELLO says so, and over TCP its key has to agree.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace muster::wire {

/// The numbers are part of the wire.
enum class Role : std::uint8_t { client = 1, engine = 2, node = 3, observer = 4 };

inline constexpr std::array<Role, 4> all_roles{Role::client, Role::engine, Role::node,
                                               Role::observer};

constexpr const char* name_of(Role role) {
  switch (role) {
    case Role::client:
      return "client";
    case Role::engine:
      return "engine";
    case Role::node:
      return "node";
    case Role::observer:
      break;
  }
  return "observer";
}

constexpr std::optional<Role> role_named(std::string_view name) {
  for (const Role role : all_roles) {
    if (name == name_of(role)) return role;
  }
  return std::nullopt;
}

}  // namespace muster::wire
