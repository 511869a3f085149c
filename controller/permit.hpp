#pragma once
// What a connection has proved about who is behind it: over TCP one role, by its key; on this host
// that it is the same user, who may be anything.

#include <cstdint>

#include "protocol/role.hpp"

namespace muster::controller {

class Permit {
 public:
  static constexpr Permit any() { return Permit(0xff); }
  static constexpr Permit nothing() { return Permit(0); }
  static constexpr Permit only(wire::Role role) { return Permit(bit(role)); }

  constexpr bool allows(wire::Role role) const { return (roles_ & bit(role)) != 0; }
  /// The one role it allows, for people; "no" or "every" otherwise.
  constexpr const char* text() const {
    for (const wire::Role role : wire::all_roles) {
      if (roles_ == bit(role)) return wire::name_of(role);
    }
    return roles_ == 0 ? "no" : "every";
  }

 private:
  static constexpr std::uint8_t bit(wire::Role role) {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(role));
  }
  constexpr explicit Permit(unsigned roles) : roles_(static_cast<std::uint8_t>(roles)) {}

  std::uint8_t roles_;
};

}  // namespace muster::controller
